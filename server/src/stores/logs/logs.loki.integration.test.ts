import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { logStoreContract } from './logs.contract.ts';
import { createLokiLogStore } from './loki/loki.ts';
import { lokiMissing, startTestLoki } from './loki/testing.ts';
import { lineOf } from './testing.ts';

logStoreContract(
  'Loki',
  async () => {
    const { settings, close } = await startTestLoki();
    const store = createLokiLogStore({ loki: settings, writer: 'test/1', clock: systemClock, log: silentLog });
    return { store, close: async () => close() };
  },
  { keepsItself: true, skip: lokiMissing },
);

test(
  'a collector that lags hours behind another is in order; what is too late for Loki is counted, not stored',
  { skip: lokiMissing ?? false },
  async (t) => {
    const { settings, close } = await startTestLoki({ limits: ['discover_log_levels: false'], ingester: [] });
    t.after(close);
    const open = (writer: string) => createLokiLogStore({ loki: settings, writer, clock: systemClock, log: silentLog });
    const [first, second] = [open('test/1'), open('test/2')];
    const now = Date.now();
    const at = (hours: number) => now - hours * 3_600_000;
    const put = (store: typeof first, hours: number) =>
      store.write(
        store.pack(Array.from({ length: 20 }, (_, i) => lineOf(`h${hours} n${i}`, { receivedAt: at(hours) + i }))),
      );
    assert.equal(await put(first, 0), 0);
    for (const hours of [30, 20, 3, 1, 0.5]) assert.equal(await put(second, hours), 0, `${hours} hours late`);
    assert.equal(await put(first, 5), 20);
    assert.equal(await put(second, 24 * 9), 20);
    const asked = { filter: { kind: 'all' }, from: at(240), to: now + 1000, direction: 'forward', limit: 500 } as const;
    // Old lines are flushed at once, and found when Loki has read its own index.
    let found = 0;
    for (let tries = 0; found < 120 && tries < 300; tries++) {
      found = (await first.search(asked)).lines.length;
      if (found < 120) await systemClock.sleep(1_000);
    }
    assert.equal(found, 120);
  },
);
