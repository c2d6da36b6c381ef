import { addBuckets } from '#stores/metrics/aggregate.ts';
import type { Tail } from '#stores/metrics/tail.ts';
import { readBlocks, readLastBlocks, toPollBlock } from './blocks.ts';
import { decodeBlock } from './codec.ts';
import { DAY_MS, FIVE_MINUTES, HOUR_MS, ROLLUP_1D, ROLLUP_1H, monthOf } from './partitions.ts';
import { createKnownHeads } from './known-heads.ts';
import { piecesOf } from './pieces.ts';
import { FIVE_MINUTES_MS } from './rollup.ts';
import { rollupReader } from './rollup-block.ts';
import { readPacked } from './slices.ts';
import type { PollBlock } from './timeline.ts';

/** Where each tier lies, how long its spans are, and where the block begins that holds an instant. */
const TIERS = {
  '1d': { of: ROLLUP_1D, spanMs: DAY_MS, since: monthOf },
  '1h': { of: ROLLUP_1H, spanMs: HOUR_MS, since: (instant: number) => Math.floor(instant / DAY_MS) * DAY_MS },
  '5m': { of: FIVE_MINUTES, spanMs: FIVE_MINUTES_MS, since: (instant: number) => instant },
} as const;

/** Packed hours and roll-ups in tables of plain PostgreSQL. */
export function createPackedTail(): Tail {
  const heads = createKnownHeads();
  return {
    finished: ({ hour, day }) => ({ hour, day, hasDays: true }),
    polls: (db, layouts, wanted, span) => readPacked(db, layouts, wanted, span, heads),
    async lastPolls(db, layouts, _wanted, before, maxAgeMs) {
      const byDevice = new Map<number, PollBlock[]>();
      // Blocks by their start: one that began before the age may still end within it.
      for (const stored of await readLastBlocks(db, layouts, before, maxAgeMs + HOUR_MS)) {
        byDevice.set(stored.deviceId, [...(byDevice.get(stored.deviceId) ?? []), toPollBlock(stored)]);
      }
      return byDevice;
    },
    async readSpans(db, tier, { from, to }, layouts, wanted, growth) {
      const { of, spanMs, since: first } = TIERS[tier];
      const rows = await readBlocks(db, of, {
        deviceIds: [...new Set(layouts.map((layout) => layout.deviceId))],
        layoutIds: layouts.map((layout) => layout.id),
        from: first(from),
        to,
      });
      return () => {
        const positions = new Map(layouts.map((layout) => [layout.id, new Map(layout.series.map((id, i) => [id, i]))]));
        const byDevice = Map.groupBy(wanted, ([series]) => series.deviceId);
        for (const { row, since, until } of piecesOf(rows)) {
          const read = rollupReader(decodeBlock(row.block), spanMs, growth ? 'growth' : 'all');
          for (const [series, buckets] of byDevice.get(row.deviceId) ?? []) {
            const position = positions.get(row.layoutId)?.get(series.id);
            if (position === undefined) continue;
            addBuckets(buckets, read(position, series.kind), Math.max(since, from), Math.min(until, to));
          }
        }
      };
    },
  };
}
