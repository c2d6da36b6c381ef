import { createCatalogue } from '#stores/metrics/packed/catalogue.ts';
import type { Look } from '#stores/metrics/packed/look.ts';
import { COMPACTION_LAG_MS, keepMsOf } from '#stores/metrics/packed/packed.ts';
import type { PackedMetricStore, PackedMetricStoreDeps } from '#stores/metrics/packed/packed.ts';
import {
  DAY_MS,
  PACKED,
  PACKED_DAYS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  expirePartitions,
} from '#stores/metrics/packed/partitions.ts';
import { createReading } from '#stores/metrics/packed/reading.ts';
import { createPackedTail } from '#stores/metrics/packed/tail.ts';
import { removeDeviceBlocks } from '#stores/metrics/packed/blocks.ts';
import { createWriter } from '#stores/metrics/packed/writer.ts';
import type { Tail } from '#stores/metrics/tail.ts';
import { mergeBlocks } from '#stores/metrics/tail.ts';
import { createTimescaleCompactor } from './compactor.ts';
import type { Mover } from './mover.ts';
import { keepRetention } from './policies.ts';
import { timescaleTail } from './tail.ts';
import { createTimescaleUsage } from './usage.ts';

/**
 * What was packed before TimescaleDB came is read where it lies until it is moved: each hour is in one of the two. Read in
 * this order nothing is missed on its way.
 */
function createBothTails(fiveMinutesSince: () => number): Tail {
  const packedTail = createPackedTail();
  return {
    // Days of the packed form are summed up as far as its compactor came before it was replaced, and know nothing of what
    // was moved.
    finished: (look) => ({ ...packedTail.finished(look), hasDays: false }),
    async polls(...query) {
      return mergeBlocks(await packedTail.polls(...query), await timescaleTail.polls(...query));
    },
    async lastPolls(...query) {
      return mergeBlocks(await packedTail.lastPolls(...query), await timescaleTail.lastPolls(...query));
    },
    async readSpans(db, tier, span, ...rest) {
      const read = [await packedTail.readSpans(db, tier, span, ...rest)];
      // What has just been moved is not summed up yet: only older hours are read as such.
      const border = tier === '5m' ? span.from : Math.min(Math.max(span.from, fiveMinutesSince()), span.to);
      if (span.from < border) {
        read.push(await timescaleTail.readSpans(db, tier, { from: span.from, to: border }, ...rest));
      }
      if (border < span.to) read.push(await timescaleTail.readSpans(db, '5m', { from: border, to: span.to }, ...rest));
      return () => {
        for (const add of read) add();
      };
    },
  };
}

export interface TimescaleMetricStore extends PackedMetricStore {
  /** Moves what is packed; housekeeping does it bit by bit, `sotp metrics move` at once. */
  readonly mover: Mover;
}

/** The metric store with its tail in TimescaleDB; the head is the same. Its tables must be there (migrations/timescale). */
export function createTimescaleMetricStore(deps: PackedMetricStoreDeps): TimescaleMetricStore {
  const { pg, clock, log } = deps;
  const keepMs = keepMsOf(deps.retention);
  const catalogue = createCatalogue(pg);
  const compactor = createTimescaleCompactor({ pg, catalogue, log });
  const bothTails = createBothTails(() => Math.ceil((clock.now() - keepMs.fiveMinutes) / DAY_MS) * DAY_MS);
  const tailOf = (look: Look) => (look.hasPacked ? bothTails : timescaleTail);
  const reading = createReading({ pg, clock, catalogue, rawMs: keepMs.packed, tailOf });
  const writer = createWriter({ pg, clock, log, catalogue, rawMs: keepMs.packed, opened: reading.moved });

  return {
    ...createTimescaleUsage({ pg, clock, keepMs }),
    write: writer.write,
    range: reading.range,
    latest: reading.latest,
    series: reading.series,
    relabel: catalogue.relabel,
    fork: catalogue.fork,
    join: catalogue.join,
    async removeDevice(deviceId) {
      const { rows } = await pg.query<{ id: number }>('select id from metric_layout where device_id = $1', [deviceId]);
      const ids = rows.map((row) => row.id);
      await catalogue.removeDevice(deviceId);
      await pg.query('delete from metric_head where device_id = $1', [deviceId]);
      await removeDeviceBlocks(pg, deviceId);
      await pg.transaction(async (tx) => {
        await tx.query(`select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`);
        await tx.query('delete from metric_ts_poll where device_id = $1', [deviceId]);
        await tx.query('delete from metric_ts_value where layout_id = any($1::int[])', [ids]);
        await tx.query('delete from metric_ts_span_5m where layout_id = any($1::int[])', [ids]);
      });
    },
    async maintain(now, signal) {
      await writer.maintain(now);
      for (const table of [PACKED, PACKED_DAYS]) await expirePartitions(pg, table, now - keepMs.packed);
      for (const table of [ROLLUP_5M_HOURS, ROLLUP_5M]) await expirePartitions(pg, table, now - keepMs.fiveMinutes);
      for (const table of [ROLLUP_1H, ROLLUP_1D]) await expirePartitions(pg, table, now - keepMs.hours);
      await keepRetention(pg, keepMs);
      const before = now - (deps.compactionLagMs ?? COMPACTION_LAG_MS);
      await compactor.run({ before, daysBefore: before }, signal);
      reading.moved();
    },
    counters: writer.counters,
    mover: compactor.mover,
  };
}
