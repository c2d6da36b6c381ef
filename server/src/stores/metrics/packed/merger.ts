import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { readBlocks, replacePacked, replaceRollups, toPollBlock } from './blocks.ts';
import type { PackedBlock, StoredBlock } from './blocks.ts';
import { encodeLongBlock } from './codec.ts';
import {
  DAY_MS,
  FIVE_MINUTES,
  HEAD,
  PACKED,
  PACKED_DAYS,
  POLLS,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  ensurePartitions,
  listPartitions,
  partitionName,
  partitionStart,
} from './partitions.ts';
import { openProgress, restartMerge, saveProgress } from './progress.ts';
import { FIVE_MINUTES_MS, rollupDay } from './rollup.ts';
import type { KnownLayout } from './rollup.ts';
import { joinPolls } from './timeline.ts';

/** Devices that one transaction turns into days: what bounds its memory. */
const DEVICES_PER_CHUNK = 16;
const HOURS = [PACKED, ROLLUP_5M_HOURS] as const;

export interface MergerDeps {
  readonly pg: Postgres;
  readonly log: Log;
  layoutsOf(deviceIds: readonly number[]): Promise<KnownLayout[]>;
  /** Lets others have their turn. */
  pause(): Promise<void>;
}

/** Makes days of hours: of polls and of their 5-minute spans. */
export function createMerger({ pg, log, layoutsOf, pause }: MergerDeps) {
  async function mergePollsOf(day: number, ids: readonly number[], layouts: readonly KnownLayout[]) {
    const rows = await readBlocks(pg, POLLS, { deviceIds: ids, from: day, to: day + DAY_MS });
    const byLayout = Map.groupBy(rows, (row) => row.layoutId);
    const merged: PackedBlock[] = [];
    for (const { id: layoutId, deviceId, series } of layouts) {
      const own = byLayout.get(layoutId);
      if (!own) continue;
      const polls = joinPolls(own.map(toPollBlock), series.length);
      merged.push({
        deviceId,
        layoutId,
        start: day,
        polls: polls.at.length,
        restarted: polls.restarted.includes(1),
        block: await encodeLongBlock(polls, pause),
      });
    }
    return merged;
  }

  async function mergeSpansOf(day: number, ids: readonly number[], layouts: readonly KnownLayout[]) {
    const rows = await readBlocks(pg, FIVE_MINUTES, { deviceIds: ids, from: day, to: day + DAY_MS });
    const byDevice = Map.groupBy(rows, (row) => row.deviceId);
    const merged: StoredBlock[] = [];
    for (const [id, own] of byDevice) {
      merged.push(
        ...rollupDay(
          day,
          FIVE_MINUTES_MS,
          own,
          layouts.filter((layout) => layout.deviceId === id),
        ),
      );
      await pause();
    }
    return merged;
  }

  async function mergeDay(day: number, signal?: AbortSignal): Promise<boolean> {
    await ensurePartitions(pg, PACKED_DAYS, [day]);
    await ensurePartitions(pg, ROLLUP_5M, [day]);
    let { doneDevice } = await openProgress(pg, 'merge', day);
    for (;;) {
      if (signal?.aborted) return false;
      const which = `where device_id > $1 and start >= $2 and start < $3`;
      const { rows } = await pg.query<{ id: number }>(
        `select device_id as id from metric_packed ${which} union select device_id from metric_rollup_5m_hour ${which}
         order by id limit ${DEVICES_PER_CHUNK}`,
        [doneDevice, new Date(day), new Date(day + DAY_MS)],
      );
      const last = rows.at(-1);
      if (!last) break;
      const ids = rows.map((row) => row.id);
      const layouts = await layoutsOf(ids);
      const polls = await mergePollsOf(day, ids, layouts);
      const spans = await mergeSpansOf(day, ids, layouts);
      doneDevice = last.id;
      await pg.transaction(async (tx) => {
        await replacePacked(tx, PACKED_DAYS, day, ids, polls);
        await replaceRollups(tx, ROLLUP_5M, day, ids, spans);
        await saveProgress(tx, 'merge', day, { doneDevice, polls: 0 });
      });
    }
    await closeDay(day);
    return true;
  }

  /** Drops the hours of a day that is merged; nobody but the compactor, which is us, writes them. */
  async function closeDay(day: number): Promise<void> {
    await pg.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      for (const hours of HOURS) {
        await tx.query(`lock table only ${hours.table} in access exclusive mode`);
        await tx.query(`drop table if exists ${partitionName(hours, day)}`);
      }
      await restartMerge(tx, day);
    });
  }

  return {
    /** Merges every day that ends at or before the instant and has hours, all of them packed. */
    async run(before: number, signal?: AbortSignal): Promise<void> {
      const open = new Set((await listPartitions(pg, HEAD)).map((hour) => partitionStart(PACKED, hour)));
      const days = new Set((await Promise.all(HOURS.map((of) => listPartitions(pg, of)))).flat());
      for (const day of [...days].toSorted((a, b) => a - b)) {
        if (day + DAY_MS > before || open.has(day)) continue;
        const began = performance.now();
        if (!(await mergeDay(day, signal))) return;
        const ms = Math.round(performance.now() - began);
        log.debug({ day: new Date(day).toISOString(), ms }, 'made a day of its hours');
      }
    },
  };
}
