import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import { serve } from '@sotp/simulator/serve.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { Target } from '#collectors/collector.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { createSnmpCollector } from './index.ts';
import { SnmpSettings } from './settings.ts';
import { openTestTransport } from './testing/session.ts';

const POLLS = 1_000;
const INTERVAL_MS = 60_000;
const ADDRESS = '127.40.0.1';
const PORT = 20_000 + (process.pid % 10_000);

test('1,000 polls of an agent whose counters are known functions of time: stored rates are the truth, none missing, none double', async () => {
  // The agent, the collector and the store live in one time, which this test moves.
  const start = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS - (POLLS + 5) * INTERVAL_MS;
  let now = start;
  const clock = { ...systemClock, now: () => now };
  const fleet = createFleet({ devices: 1, ports: 24, listen: ADDRESS, seed: 7, plain: true, now: () => now });
  const server = await serve([{ address: ADDRESS, port: PORT, agent: fleet.agent(0) }]);
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock, log: silentLog, random: Math.random });
  const database = await openTestDatabase();
  const store = createPackedMetricStore({ pg: database.pg, clock: systemClock, log: silentLog });
  const settings = SnmpSettings.parse({ port: PORT });
  const target: Target = {
    deviceId: 1,
    address: ADDRESS,
    credentials: [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c', secret: { community: 'public' } } }],
  };
  try {
    const instants: { at: number; now: number; lagMs: number; restarted: boolean }[] = [];
    for (let n = 0; n < POLLS; n += 1) {
      const at = start + n * INTERVAL_MS;
      // Up to two seconds late, as on a busy machine.
      now = at + ((n * 7919) % 2_001);
      const context = { signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at };
      const asked = performance.now();
      const { samples, polledAt, restarted, faults } = await collector.poll(target, settings, context);
      // The agent's time stands still while it is asked; the collector's timestamp moves within the poll.
      const lagMs = polledAt - now;
      assert.ok(Math.abs(lagMs) <= performance.now() - asked + 1, `polledAt is ${lagMs} ms off`);
      assert.deepEqual(faults, []);
      const rows = samples.map(({ layout, values }) => ({ deviceId: 1, at, polledAt, restarted, layout, values }));
      // Twice, as a spool does that was cut off between the commit and its own note.
      for (let time = 0; time < 2; time += 1) {
        assert.equal(await store.write(rows, { source: 'truth', sequence: n }), time === 0);
      }
      instants.push({ at, now, lagMs, restarted });
    }
    const end = start + POLLS * INTERVAL_MS;
    let compared = 0;
    for (const metric of ['ifHCInOctets', 'ifHCOutOctets'] as const) {
      const series = await store.series({ deviceIds: [1], metric, limit: 100 });
      assert.equal(series.length, 24);
      const answer = await store.range({ series, from: start, to: end, stepMs: INTERVAL_MS, fn: 'rate' });
      for (const { series: one, points } of answer) {
        assert.equal(points.length, POLLS);
        const ifIndex = Number(one.labels['ifIndex']);
        for (const [n, poll] of instants.entries()) {
          const before = instants[n - 1];
          const [at, rate] = points[n] ?? [0, null];
          assert.equal(at, poll.at);
          if (!before || poll.restarted) {
            assert.equal(rate, null);
            continue;
          }
          const grown = fleet.counterAt(0, ifIndex, metric, poll.now) - fleet.counterAt(0, ifIndex, metric, before.now);
          const truth = (grown * 1_000) / (poll.now - before.now);
          const precision = (Math.abs(poll.lagMs - before.lagMs) + 0.001) / (poll.now - before.now);
          const error = Math.abs((rate ?? Number.NaN) - truth);
          assert.ok(error <= truth * precision * 1.01, `${metric} ${ifIndex} ${n}: ${rate} ${truth}`);
          compared += 1;
        }
      }
    }
    assert.ok(compared > 47_000, `${compared} rates`);
  } finally {
    await collector.close();
    await server.stop();
    await database.close();
  }
});
