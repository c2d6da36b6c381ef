import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addBuckets, emptyBuckets, toPoints } from '#stores/metrics/aggregate.ts';
import type { StoredBlock } from './blocks.ts';
import { decodeBlock, encodeBlock } from './codec.ts';
import { DAY_MS, HOUR_MS } from './partitions.ts';
import { rollupDayAndMonth, rollupHour } from './rollup.ts';
import type { KnownLayout } from './rollup.ts';
import { rollupReader } from './rollup-block.ts';

const MONTH = Date.UTC(2026, 9, 1);
const STEP_MS = 10 * 60_000;
/** The counter is in both: the device grew a gauge on the third day. */
const LAYOUTS: KnownLayout[] = [
  { id: 1, deviceId: 1, series: [11], kinds: ['counter'] },
  { id: 2, deviceId: 1, series: [12, 11], kinds: ['gauge', 'counter'] },
];

/** Polls of every ten minutes of a day, the counter growing by the hour of the day and `pace`. */
function hoursOf(day: number, layout: KnownLayout, pace: number): StoredBlock[] {
  return Array.from({ length: 24 }, (_, hour): StoredBlock[] => {
    const start = day + hour * HOUR_MS;
    const at = Float64Array.from({ length: 6 }, (_unused, i) => start + i * STEP_MS);
    const counter = Float64Array.from(at, (_unused, i) => 1e6 + hour * 1_000 + i * pace);
    const gauge = Float64Array.from(at, (_unused, i) => hour + i / 10);
    const data = layout.kinds.length === 1 ? counter : Float64Array.from([...gauge, ...counter]);
    const restarted = new Uint8Array(6);
    const bytes = encodeBlock({ at, polledAt: at, restarted, width: layout.series.length, data });
    return rollupHour(start, [{ ...decodeBlock(bytes), layoutId: layout.id }], [], LAYOUTS);
  }).flat();
}

test('a month knows each of its days, the last telling of a day counts, and no other day changes', () => {
  let month: StoredBlock[] = [];
  const told = new Map<number, StoredBlock[]>();
  const tell = (n: number, layout: KnownLayout, pace: number) => {
    const hours = hoursOf(MONTH + n * DAY_MS, layout, pace);
    told.set(n, hours);
    month = rollupDayAndMonth(MONTH + n * DAY_MS, hours, month, LAYOUTS).month;
  };
  tell(0, LAYOUTS[0]!, 7);
  tell(1, LAYOUTS[0]!, 8);
  tell(3, LAYOUTS[1]!, 9);
  // Late rows, and a day in between that nobody had told of.
  tell(1, LAYOUTS[0]!, 100);
  tell(2, LAYOUTS[1]!, 5);
  for (const [layout, position, id] of [
    [LAYOUTS[0]!, 0, 11],
    [LAYOUTS[1]!, 0, 12],
    [LAYOUTS[1]!, 1, 11],
  ] as const) {
    const kind = layout.kinds[position]!;
    const row = month.find((one) => one.layoutId === layout.id)!;
    assert.equal(row.start, MONTH);
    const got = emptyBuckets(MONTH, DAY_MS, 4, kind);
    addBuckets(got, rollupReader(decodeBlock(row.block), DAY_MS)(position, kind));
    const want = emptyBuckets(MONTH, DAY_MS, 4, kind);
    for (const hours of [...told].toSorted(([a], [b]) => a - b).map(([, own]) => own)) {
      for (const hour of hours.filter((one) => one.layoutId === layout.id)) {
        addBuckets(want, rollupReader(decodeBlock(hour.block), 300_000)(position, kind));
      }
    }
    for (const fn of kind === 'counter' ? (['rate', 'increase', 'last'] as const) : (['avg', 'min', 'max'] as const)) {
      assert.deepEqual(toPoints(got, fn), toPoints(want, fn), `${fn} of ${id}`);
    }
  }
  const counted = emptyBuckets(MONTH, DAY_MS, 4, 'counter');
  const first = month.find((one) => one.layoutId === 1)!;
  addBuckets(counted, rollupReader(decodeBlock(first.block), DAY_MS)(0, 'counter'));
  // 24 hours of five steps of 7, then of 100; nothing of this layout since.
  assert.deepEqual(
    toPoints(counted, 'increase').map(([, value]) => value),
    [24 * 5 * 7, 24 * 5 * 100, null, null],
  );
});
