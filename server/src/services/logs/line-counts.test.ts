import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';
import { COUNT_MS, createLineCounts } from './line-counts.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 0, 20);
const MINUTE = Date.UTC(2026, 0, 1, 12, 0);

/** Counts with these named queries, and the samples that came of them: `device at metric label=value … value`. */
async function open(queries: { id: number; name: string; query: string }[], start = T0, earlyMs = 0) {
  const fake = createFakeClock(start);
  const early = (ms: number) => (ms > 1_000 ? ms - earlyMs : ms);
  const clock = { ...fake, sleep: (ms: number, signal?: AbortSignal) => fake.sleep(early(ms), signal) };
  const rows: PollRow[] = [];
  const list = [...queries];
  let changed: (() => void) | undefined;
  const counts = createLineCounts({
    queries: { list: async () => list.map((one) => ({ ...one, alertAbove: null })) },
    world: { find: () => new Set([1]), ofSites: () => new Set() },
    bus: {
      publish: () => undefined,
      subscribe: async (_topic, handler) => {
        changed = () => handler({});
        return async () => undefined;
      },
      flush: async () => undefined,
      close: async () => undefined,
    },
    clock,
    log: silentLog,
    collector: 'host/1',
    write: (some) => rows.push(...some),
  });
  await counts.start();
  await clock.advance(0);
  return { clock, counts, rows, list, change: () => changed?.() };
}

const line = (text: string, deviceId: number, severity = 6) => ({
  text,
  severity,
  facility: 1,
  deviceId,
  sender: '192.0.2.1',
  source: 'syslog',
  host: '',
  app: '',
  procId: '',
  msgId: '',
  fields: null,
});

const valueOf = (row: PollRow | undefined, label: string, value: string) =>
  row?.values[row.layout.series.findIndex(({ labels }) => labels[label] === value)];

test('lines are counted by device and severity, from a zero, a sample every full minute', async () => {
  const { clock, counts, rows } = await open([]);
  for (let i = 0; i < 3; i++) counts.count(7, 3);
  counts.count(7, 6);
  counts.count(8, 0);
  assert.equal(rows.length, 0);
  await clock.advance(COUNT_MS);
  counts.count(7, 3);
  await clock.advance(COUNT_MS);
  const of7 = rows.filter(({ deviceId }) => deviceId === 7);
  assert.deepEqual(
    of7.map((row) => [
      row.at - MINUTE,
      row.restarted,
      valueOf(row, 'severity', 'error'),
      valueOf(row, 'severity', 'info'),
    ]),
    [
      [T0 - MINUTE, true, 0, 0],
      [COUNT_MS, false, 3, 1],
      [2 * COUNT_MS, false, 4, 1],
    ],
  );
  assert.equal(new Set(rows.map(({ layout }) => layout)).size, 1);
  assert.deepEqual(of7[0]?.layout.series[3], {
    metric: 'log_lines_total',
    labels: { severity: 'error', collector: 'host/1' },
    unit: 'lines',
    kind: 'counter',
  });
  await counts.stop();
});

test('named queries are counted by device as lines come in, and go on when they are changed', async () => {
  const { clock, counts, rows, list, change } = await open([
    { id: 1, name: 'logins', query: '"failed password"' },
    { id: 2, name: 'broken', query: '/(/' },
  ]);
  assert.ok(counts.asks);
  counts.offer(line('Failed password for root', 7));
  counts.offer(line('accepted password for root', 7));
  counts.offer(line('failed password for admin', 8));
  await clock.advance(COUNT_MS);
  list[0] = { id: 1, name: 'logins', query: 'accepted' };
  change();
  await clock.advance(0);
  counts.offer(line('accepted password for root', 7));
  await clock.advance(COUNT_MS);
  const of7 = rows.filter(({ deviceId }) => deviceId === 7);
  assert.deepEqual(
    of7.map(({ values }) => values[0]),
    [0, 1, 2],
  );
  assert.deepEqual(of7[0]?.layout.series[0]?.labels, { query: 'logins', collector: 'host/1' });
  list.length = 0;
  change();
  await clock.advance(0);
  assert.ok(!counts.asks);
  await counts.stop();
});

test('a device that is silent for a day is forgotten', async () => {
  const { clock, counts, rows } = await open([]);
  counts.count(7, 3);
  await clock.advance(COUNT_MS);
  for (let hour = 0; hour < 25; hour++) await clock.advance(3_600_000);
  const before = rows.length;
  await clock.advance(COUNT_MS);
  assert.equal(rows.length, before);
  await counts.stop();
});

test('nothing is there twice when a process is killed and the next one hears the same device within the minute', async () => {
  const first = await open([]);
  first.counts.count(7, 3);
  await first.clock.advance(COUNT_MS);
  const second = await open([], T0 + COUNT_MS);
  second.counts.count(7, 3);
  await second.clock.advance(COUNT_MS);
  const instants = [...first.rows, ...second.rows].map(({ at }) => at - MINUTE);
  assert.deepEqual(instants, [T0 - MINUTE, COUNT_MS, T0 - MINUTE + COUNT_MS, 2 * COUNT_MS]);
  await first.counts.stop();
  await second.counts.stop();
});

test('a timer that goes off a moment early does not count a minute twice', async () => {
  const { clock, counts, rows } = await open([], T0, 1);
  counts.count(7, 3);
  for (let ms = 0; ms < 2 * COUNT_MS; ms += 1_000) await clock.advance(1_000);
  assert.deepEqual(
    rows.map(({ at }) => at - MINUTE),
    [T0 - MINUTE, COUNT_MS, 2 * COUNT_MS],
  );
  await counts.stop();
});
