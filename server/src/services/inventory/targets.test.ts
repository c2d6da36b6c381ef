import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { AppError } from '#platform/errors.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { CredentialStore, DeviceStore, StoredDevice } from '#stores/devices/devices.ts';
import type { CredentialAnswerStore, CredentialSetStore } from '#stores/credentials/credentials.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { createTargets } from './targets.ts';

async function world() {
  const clock = createFakeClock();
  const secrets = new Map([['credential/7', 'public']]);
  const state = { away: false, gets: 0, address: '127.0.0.1', disabled: false, intervalSeconds: 60, removed: false };
  const check = () => {
    if (state.away) throw new AppError('database_unavailable', 'away', { retryable: true });
  };
  const devices = {
    async getMany(ids: readonly number[]) {
      check();
      state.gets++;
      const { address, disabled, intervalSeconds } = state;
      const collectors = [{ name: 'snmp', intervalSeconds, settings: {} }];
      const there = ids.filter((id) => (id === 1 && !state.removed) || id >= 100);
      return there.map(
        (id) =>
          ({
            id,
            address,
            name: 'a',
            site: null,
            disabled,
            collectors,
            credentialIds: [7],
          }) as never as StoredDevice,
      );
    },
  } as Partial<DeviceStore> as DeviceStore;
  const credentials = {
    async get(id: number) {
      check();
      return { id, name: 'read', version: 1, next: null };
    },
  } as Partial<CredentialStore> as CredentialStore;
  const store = {
    async get(key: string) {
      check();
      const community = secrets.get(key);
      return community && JSON.stringify({ kind: 'snmp-v2c', secret: { community } });
    },
  } as Partial<SecretStore> as SecretStore;
  const sets = { list: async () => [] } as Partial<CredentialSetStore> as CredentialSetStore;
  const answers = { ofDevices: async () => [] } as Partial<CredentialAnswerStore> as CredentialAnswerStore;
  let tell: (message: unknown) => void = () => undefined;
  const bus = {
    async subscribe(topic: string, handler: (message: unknown) => void) {
      if (topic === BUS_TOPICS.deviceChanged) tell = handler;
      return async () => undefined;
    },
  } as Partial<Bus> as Bus;
  const targets = createTargets({ devices, credentials, secrets: store, sets, answers, bus, clock, log: silentLog });
  await targets.start();
  return { clock, secrets, state, targets, changed: (deviceId: number) => tell({ deviceId }) };
}

test('a thousand targets that are wanted at once are read in three goes', async () => {
  const { state, targets } = await world();
  const ids = Array.from({ length: 1_001 }, (_, i) => 100 + i);
  const all = await Promise.all(ids.map((id) => targets.target(id)));
  assert.deepEqual(
    all.map((one) => one?.target.deviceId),
    ids,
  );
  assert.equal(state.gets, 3);
});

test('a target is read once and stays the same object until the device changes', async () => {
  const { state, targets, changed } = await world();
  const [first, again] = await Promise.all([targets.target(1), targets.target(1)]);
  assert.equal(first, again);
  assert.equal(state.gets, 1);
  assert.deepEqual(first?.target.credentials[0]?.value, { kind: 'snmp-v2c', secret: { community: 'public' } });
  state.address = '127.0.0.2';
  assert.equal(await targets.target(1), first);
  changed(1);
  assert.equal((await targets.target(1))?.target.address, '127.0.0.2');
});

test('what was learned of a device is forgotten when it is asked in another way or not at all, and only then', async () => {
  const { state, targets, changed, clock } = await world();
  const forgotten: number[] = [];
  targets.onForget((deviceId) => forgotten.push(deviceId));
  const first = await targets.target(1);
  const after = async (change: Partial<typeof state>) => {
    Object.assign(state, change);
    changed(1);
    // Nobody polls it meanwhile.
    await clock.advance(0);
    const told = forgotten.splice(0).length;
    return { told, now: await targets.target(1) };
  };
  assert.deepEqual(await after({}), { told: 0, now: first });
  const slower = await after({ intervalSeconds: 300 });
  assert.equal(slower.told, 0);
  assert.equal(slower.now?.collectors[0]?.intervalSeconds, 300);
  assert.equal(slower.now?.target, first?.target);
  assert.equal((await after({ address: '127.0.0.2' })).told, 1);
  assert.equal((await after({ disabled: true })).told, 1);
  assert.equal((await after({ disabled: false })).told, 1);
  assert.deepEqual(await after({ removed: true }), { told: 1, now: undefined });
});

test('a changed secret is read anew when the device is said to have changed', async () => {
  const { secrets, targets, changed } = await world();
  await targets.target(1);
  secrets.set('credential/7', 'private');
  changed(1);
  assert.deepEqual((await targets.target(1))?.target.credentials[0]?.value.secret, { community: 'private' });
});

test('a database that is away does not take away what is in memory', async () => {
  const { state, targets, clock } = await world();
  const first = await targets.target(1);
  state.away = true;
  await clock.advance(3_600_000);
  assert.equal(await targets.target(1), first);
  await assert.rejects(targets.target(2), { code: 'database_unavailable' });
});

test('a change whose news got lost is found by and by, and no change leaves the object as it is', async () => {
  const { state, targets, clock } = await world();
  const first = await targets.target(1);
  await clock.advance(601_000);
  await targets.target(1);
  await clock.advance(0);
  assert.equal(await targets.target(1), first);
  state.address = '127.0.0.2';
  await clock.advance(601_000);
  await targets.target(1);
  await clock.advance(0);
  assert.equal((await targets.target(1))?.target.address, '127.0.0.2');
});

test('a secret that cannot be read leaves the device to the collectors that need none, and is tried again', async () => {
  const { secrets, targets, clock } = await world();
  secrets.clear();
  assert.deepEqual((await targets.target(1))?.target.credentials, []);
  secrets.set('credential/7', 'public');
  await clock.advance(16_000);
  await targets.target(1);
  await clock.advance(0);
  assert.equal((await targets.target(1))?.target.credentials.length, 1);
});

test('a device that is gone has no target', async () => {
  const { targets } = await world();
  assert.equal(await targets.target(99), undefined);
});
