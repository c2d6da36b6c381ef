import type { LogRetention, LogStore } from '#stores/logs/logs.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { isMissingPartition } from '#stores/postgres/faults.ts';
import { decodeBlocks, encodeBlocks } from './carry.ts';
import { histogramOf } from './histogram.ts';
import { mergeSmallBlocks } from './merge.ts';
import { CANARY_CLASS, CLASSES, createPacker, packLines } from './pack.ts';
import type { LogBlock } from './pack.ts';
import { DAY_MS, dayOf, dropPartition, ensurePartitions, listPartitions, partitionName } from './partitions.ts';
import { searchBlocks } from './search.ts';
import { forgetOrigins, storeBlocks } from './write.ts';

const CANARY_KEPT_MS = 3_600_000;

export const DEFAULT_LOG_RETENTION: LogRetention = { errorDays: 365, noticeDays: 90, infoDays: 30, debugDays: 7 };

export interface PackedLogStoreDeps {
  readonly pg: Postgres;
  readonly retention?: LogRetention;
  /** Numbers in [0, 1). */
  readonly random?: () => number;
}

/** Lines in PostgreSQL, packed by thousands, with an index of the words of each pack. */
export function createPackedLogStore({
  pg,
  retention = DEFAULT_LOG_RETENTION,
  random = Math.random,
}: PackedLogStoreDeps): LogStore<LogBlock> {
  const ensured = new Set<string>();

  async function ensureFor(blocks: readonly LogBlock[]): Promise<void> {
    const wanted = blocks.map((block) => ({ class: block.class, day: dayOf(block.first) }));
    const missing = wanted.filter((partition) => !ensured.has(partitionName(partition)));
    if (missing.length === 0) return;
    await ensurePartitions(pg, missing);
    for (const partition of missing) ensured.add(partitionName(partition));
  }

  return {
    packer: () => createPacker(random),
    pack: (lines) => packLines(lines, random),
    encode: encodeBlocks,
    decode: decodeBlocks,
    async write(blocks, origin) {
      if (blocks.length === 0) return 0;
      await ensureFor(blocks);
      try {
        await storeBlocks(pg, blocks, origin);
      } catch (error) {
        // Another process drops partitions that are past their time; lines that come that late open them again.
        if (!isMissingPartition(error)) throw error;
        ensured.clear();
        await ensureFor(blocks);
        await storeBlocks(pg, blocks, origin);
      }
      return 0;
    },
    search: (query, signal) => searchBlocks(pg, query, signal),
    histogram: (query, signal) => histogramOf(pg, query, signal),
    async usage() {
      const partitions = await listPartitions(pg);
      const { rows } = await pg.query<{ class: number; day: Date; lines: number }>(
        `select class, date_trunc('day', first_at, 'UTC') as day, sum(lines) as lines from log_block group by 1, 2`,
      );
      const lines = new Map(rows.map((row) => [`${row.class}/${row.day.getTime()}`, row.lines]));
      return partitions.map(({ class: number, day, bytes }) => ({
        class:
          number === CANARY_CLASS ? 'canary' : (CLASSES.find((one) => one.number === number)?.name ?? String(number)),
        day,
        bytes,
        lines: lines.get(`${number}/${day}`) ?? 0,
      }));
    },
    async maintain(now) {
      const numbers = [...CLASSES.map(({ number }) => number), CANARY_CLASS];
      const ahead = numbers.flatMap((number) => [
        { class: number, day: dayOf(now) },
        { class: number, day: dayOf(now) + DAY_MS },
      ]);
      await ensurePartitions(pg, ahead);
      for (const partition of await listPartitions(pg)) {
        const days = CLASSES.find(({ number }) => number === partition.class)?.days;
        const keptMs = partition.class === CANARY_CLASS ? CANARY_KEPT_MS : days && retention[days] * DAY_MS;
        if (keptMs === undefined || partition.day + DAY_MS > now - keptMs) continue;
        await dropPartition(pg, partition);
        ensured.delete(partitionName(partition));
      }
      await pg.query('delete from log_block where class = $1 and last_at < $2', [
        CANARY_CLASS,
        new Date(now - CANARY_KEPT_MS),
      ]);
      await forgetOrigins(pg);
      for (const { number } of CLASSES) await mergeSmallBlocks(pg, number, now);
    },
  };
}
