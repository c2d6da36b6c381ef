import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import { createPollSoon } from './poll-soon.ts';

test('a device that flaps is polled at once, and then not more often than every ten seconds; one that is disabled never', async () => {
  const clock = createFakeClock();
  const polled: { deviceId: number; at: number }[] = [];
  const pollSoon = createPollSoon({
    targets: {
      target: async (deviceId) => ({
        target: { deviceId, address: '10.0.0.1', credentials: [] },
        name: 'x',
        site: null,
        disabled: deviceId === 2,
        collectors: [{ name: 'snmp', intervalSeconds: 60, settings: {} }],
      }),
    },
    enqueue: async ({ deviceId }) => void polled.push({ deviceId, at: clock.monotonic() }),
    clock,
    log: silentLog,
  });
  await pollSoon.start();
  const began = clock.monotonic();
  for (let second = 0; second < 25; second += 1) {
    for (let i = 0; i < 50; i += 1) pollSoon.poll(1);
    pollSoon.poll(2);
    await clock.advance(1_000);
  }
  assert.ok(polled.every(({ deviceId }) => deviceId === 1));
  assert.equal(polled.length, 3);
  assert.ok((polled[0]?.at ?? 0) - began <= 1_000);
  for (const [i, { at }] of polled.entries()) if (i > 0) assert.ok(at - (polled[i - 1]?.at ?? 0) >= 10_000);
  await pollSoon.stop();
});
