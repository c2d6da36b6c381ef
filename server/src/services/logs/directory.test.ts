import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { DirectoryEntry } from '#stores/logs/logs.ts';
import { createDirectory, snapshotOf } from './directory.ts';

const entry = (deviceId: number): DirectoryEntry => ({
  deviceId,
  name: `switch-${deviceId}`,
  address: `10.0.0.${deviceId}`,
  site: null,
  sysName: null,
  engineId: null,
  addresses: [],
});

/** A directory of `devices`, each reading of which takes `readMs`; `change` is what the bus says of each change. */
async function openWorld(readMs: number) {
  const clock = createFakeClock();
  const devices: DirectoryEntry[] = [];
  let read = 0;
  let change = () => {};
  const directory = createDirectory({
    senders: {
      async directory() {
        const now = [...devices];
        read++;
        if (readMs > 0) await clock.sleep(readMs);
        return now;
      },
    },
    bus: {
      publish: () => undefined,
      async subscribe(_topic, handler) {
        change = () => handler({});
        return async () => undefined;
      },
      flush: async () => undefined,
      close: async () => undefined,
    },
    clock,
    log: silentLog,
  });
  const started = directory.start();
  await clock.advance(readMs);
  await started;
  const add = (deviceId: number) => {
    devices.push(entry(deviceId));
    change();
  };
  return { clock, directory, add, read: () => read };
}

test('a device that comes while all are read is there after the next reading', async () => {
  const { clock, directory, add, read } = await openWorld(1_000);
  const before = read();
  add(1);
  for (let tries = 0; tries < 300 && read() === before; tries++) await clock.advance(100);
  add(2);
  await clock.advance(30_000);
  assert.deepEqual([directory.has(1), directory.has(2)], [true, true]);
  await directory.stop();
});

test('while devices come without end, a process spends no more than a twentieth of its time on reading them', async () => {
  const { clock, directory, add, read } = await openWorld(200);
  const before = read();
  for (let deviceId = 1; deviceId <= 400; deviceId++) {
    add(deviceId);
    await clock.advance(100);
  }
  const times = read() - before;
  assert.ok(times >= 5 && times <= 11, `read ${times} times in 40 s`);
  await directory.stop();
});

test('devices of one name are all kept, however many, and each is found by its own', () => {
  const many = Array.from({ length: 50_000 }, (_, i) => ({ ...entry(i + 1), sysName: 'switch' }));
  const { byName } = snapshotOf(many);
  assert.equal(byName.get('switch')?.length, 50_000);
  assert.deepEqual(byName.get('switch-7'), [7]);
});
