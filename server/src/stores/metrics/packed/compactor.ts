import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { nextPacked, readBlocks, readLastBlocks, replacePacked, replaceRollups, toPollBlock } from './blocks.ts';
import type { PackedBlock, StoredBlock } from './blocks.ts';
import type { Catalogue } from './catalogue.ts';
import { encodeBlock } from './codec.ts';
import { groupRows, readHeadPartition, readLast } from './head.ts';
import { createMerger } from './merger.ts';
import {
  DAY_MS,
  FIVE_MINUTES,
  HEAD,
  HOUR_MS,
  PACKED,
  POLLS,
  ROLLUP_1H,
  ROLLUP_5M_HOURS,
  ensurePartitions,
  listPartitions,
  partitionName,
} from './partitions.ts';
import { daysToRoll, finishProgress, isBegun, openProgress, restartMerge, saveProgress } from './progress.ts';
import { rollupDay, rollupHour } from './rollup.ts';
import type { KnownLayout } from './rollup.ts';
import { mergePolls } from './timeline.ts';
import type { PollBlock } from './timeline.ts';

/** Devices, and polls of them, that one transaction packs, about: what bounds its memory and its time. */
const DEVICES_PER_CHUNK = 64;
const POLLS_PER_CHUNK = 4_000;
const LAYOUTS_KEPT = 20_000;
/** Rows may arrive for an hour while it is being packed; after so many rounds it waits for the next call. */
const ROUNDS = 3;
/** Any number that no other use of advisory locks in this database has. */
const LOCK = 7_362_010;

export interface Compactor {
  /**
   * Rewrites every hour that ends at or before the instant, oldest first, rolls up every day that has ended, and makes one
   * row of the hours of those that ended before the second instant. Does nothing when another process is at it. What it
   * is killed in, or leaves when aborted, is gone on with by the next call.
   */
  run(before: number, daysBefore: number, signal?: AbortSignal): Promise<{ hours: number; polls: number }>;
}

export interface CompactorDeps {
  readonly pg: Postgres;
  readonly catalogue: Catalogue;
  readonly log: Log;
}

const dayOf = (instant: number) => Math.floor(instant / DAY_MS) * DAY_MS;
const pause = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** As many of the first devices as the limit of polls allows, at least one. */
function withinPolls<T extends { polls: number }>(devices: readonly T[]): readonly T[] {
  let polls = 0;
  const beyond = devices.findIndex((device) => (polls += device.polls) > POLLS_PER_CHUNK);
  return beyond < 0 ? devices : devices.slice(0, Math.max(1, beyond));
}

export function createCompactor({ pg, catalogue, log }: CompactorDeps): Compactor {
  const kinds = new Map<number, readonly SeriesKind[]>();

  async function layoutsOf(deviceIds: readonly number[]): Promise<KnownLayout[]> {
    const layouts = await catalogue.layoutsOf(deviceIds);
    const unknown = layouts.filter((layout) => !kinds.has(layout.id));
    if (unknown.length > 0) {
      if (kinds.size > LAYOUTS_KEPT) kinds.clear();
      const byId = await catalogue.kindsOf([...new Set(unknown.map((layout) => layout.deviceId))]);
      for (const layout of unknown)
        kinds.set(
          layout.id,
          layout.series.map((id) => byId.get(id) ?? 'gauge'),
        );
    }
    return layouts.map((layout) => ({ ...layout, kinds: kinds.get(layout.id) ?? [] }));
  }

  const merger = createMerger({ pg, log, layoutsOf, pause });

  /** The last polls of the layouts before an hour, packed or not. */
  async function pollsBefore(start: number, layouts: readonly KnownLayout[]): Promise<Map<number, PollBlock[]>> {
    const counting = layouts.filter((layout) => layout.kinds.includes('counter'));
    const byDevice = groupRows(await readLast(pg, counting, start, { polls: 3 }));
    for (const stored of await readLastBlocks(pg, counting, start)) {
      byDevice.set(stored.deviceId, [...(byDevice.get(stored.deviceId) ?? []), toPollBlock(stored)]);
    }
    return byDevice;
  }

  async function rollups(
    start: number,
    blocks: ReadonlyMap<number, readonly PollBlock[]>,
    layouts: readonly KnownLayout[],
  ): Promise<StoredBlock[]> {
    const before = await pollsBefore(start, layouts);
    const made: StoredBlock[] = [];
    for (const [deviceId, hour] of blocks) {
      const own = layouts.filter((layout) => layout.deviceId === deviceId);
      made.push(...rollupHour(start, hour, before.get(deviceId) ?? [], own));
      await pause();
    }
    return made;
  }

  /** Late rows changed what counters grew from in the next hours that are packed, and the days that hold any of these. */
  async function mendLater(
    start: number,
    deviceIds: readonly number[],
    layouts: readonly KnownLayout[],
  ): Promise<void> {
    const days = new Map([[dayOf(start), new Set(deviceIds)]]);
    for (const [next, ids] of await nextPacked(pg, start, layouts)) {
      const blocks = new Map<number, PollBlock[]>();
      for (const stored of await readBlocks(pg, POLLS, { deviceIds: ids, from: next, to: next + HOUR_MS })) {
        blocks.set(stored.deviceId, [...(blocks.get(stored.deviceId) ?? []), toPollBlock(stored)]);
      }
      const own = layouts.filter((layout) => ids.includes(layout.deviceId));
      const mended = await rollups(next, blocks, own);
      await ensurePartitions(pg, ROLLUP_5M_HOURS, [next]);
      await pg.transaction(async (tx) => {
        await replaceRollups(tx, ROLLUP_5M_HOURS, next, ids, mended);
        await restartMerge(tx, dayOf(next));
      });
      days.set(dayOf(next), new Set([...(days.get(dayOf(next)) ?? []), ...ids]));
    }
    for (const [day, ids] of days) {
      const own = layouts.filter((layout) => ids.has(layout.deviceId));
      if (await isBegun(pg, 'day', day)) await rollDevices(day, [...ids], own);
    }
  }

  /** Packs what some devices have in an hour's partition, together with what is packed of that hour already. */
  async function packDevices(start: number, deviceIds: readonly number[]): Promise<void> {
    const layouts = await layoutsOf(deviceIds);
    const blocks = groupRows(await readHeadPartition(pg, partitionName(HEAD, start), deviceIds));
    // What a day has of this hour already stays there; only the spans need it.
    const all = new Map(blocks);
    for (const stored of await readBlocks(pg, POLLS, { deviceIds, from: start, to: start + HOUR_MS })) {
      const block = toPollBlock(stored);
      for (const into of stored.isDay ? [all] : [blocks, all]) {
        into.set(stored.deviceId, [...(into.get(stored.deviceId) ?? []), block]);
      }
    }
    const packed: PackedBlock[] = [];
    for (const layout of layouts) {
      const own = (blocks.get(layout.deviceId) ?? []).filter((block) => block.layoutId === layout.id);
      if (own.length === 0) continue;
      const polls = mergePolls(own, layout.series.length);
      packed.push({
        deviceId: layout.deviceId,
        layoutId: layout.id,
        start,
        polls: polls.at.length,
        restarted: polls.restarted.includes(1),
        block: encodeBlock(polls),
      });
      await pause();
    }
    const spans = await rollups(start, all, layouts);
    await pg.transaction(async (tx) => {
      await replacePacked(tx, PACKED, start, deviceIds, packed);
      await replaceRollups(tx, ROLLUP_5M_HOURS, start, deviceIds, spans);
      await restartMerge(tx, dayOf(start));
    });
    await mendLater(start, deviceIds, layouts);
  }

  async function compactHour(start: number, signal?: AbortSignal): Promise<number> {
    await ensurePartitions(pg, PACKED, [start]);
    await ensurePartitions(pg, ROLLUP_5M_HOURS, [start]);
    const partition = partitionName(HEAD, start);
    for (let round = 0; round < ROUNDS; round++) {
      let { doneDevice, polls } = await openProgress(pg, 'hour', start);
      for (;;) {
        if (signal?.aborted) return 0;
        const { rows } = await pg.query<{ id: number; polls: number }>(
          `select device_id as id, count(*) as polls from ${partition} where device_id > $1
           group by device_id order by device_id limit ${DEVICES_PER_CHUNK}`,
          [doneDevice],
        );
        const chunk = withinPolls(rows);
        const last = chunk.at(-1);
        if (!last) break;
        doneDevice = last.id;
        polls += chunk.reduce((sum, row) => sum + row.polls, 0);
        await packDevices(
          start,
          chunk.map((row) => row.id),
        );
        // Only now, with all that hangs on them: what is done twice does no harm, what is left out would.
        await saveProgress(pg, 'hour', start, { doneDevice, polls });
      }
      if (await closeHour(start, polls)) return polls;
      // Rows came for devices that were done already: all again, which changes nothing where nothing came.
      await saveProgress(pg, 'hour', start, { doneDevice: 0, polls: 0 });
    }
    return 0;
  }

  /** Drops the hour's partition if it holds no more than was packed. Writers and readers wait for as long as it counts. */
  async function closeHour(start: number, polls: number): Promise<boolean> {
    return pg.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      await tx.query('lock table only metric_head in access exclusive mode');
      const { rows } = await tx.query<{ n: number }>(`select count(*) as n from ${partitionName(HEAD, start)}`);
      if (rows[0]?.n !== polls) return false;
      await tx.query(`drop table ${partitionName(HEAD, start)}`);
      await finishProgress(tx, 'hour', start);
      return true;
    });
  }

  async function rollDevices(
    day: number,
    deviceIds: readonly number[],
    layouts: readonly KnownLayout[],
  ): Promise<void> {
    const hours = await readBlocks(pg, FIVE_MINUTES, { deviceIds, from: day, to: day + DAY_MS });
    const spans: StoredBlock[] = [];
    for (const id of deviceIds) {
      const own = layouts.filter((layout) => layout.deviceId === id);
      spans.push(
        ...rollupDay(
          day,
          HOUR_MS,
          hours.filter((row) => row.deviceId === id),
          own,
        ),
      );
      await pause();
    }
    await pg.transaction((tx) => replaceRollups(tx, ROLLUP_1H, day, deviceIds, spans));
  }

  async function rollDay(day: number, signal?: AbortSignal): Promise<void> {
    await ensurePartitions(pg, ROLLUP_1H, [day]);
    let { doneDevice } = await openProgress(pg, 'day', day);
    const which = 'where device_id > $1 and start >= $2 and start < $3';
    for (;;) {
      if (signal?.aborted) return;
      const { rows } = await pg.query<{ id: number }>(
        `select device_id as id from metric_rollup_5m ${which} union select device_id from metric_rollup_5m_hour ${which}
         order by id limit ${DEVICES_PER_CHUNK}`,
        [doneDevice, new Date(day), new Date(day + DAY_MS)],
      );
      const last = rows.at(-1);
      if (!last) break;
      const ids = rows.map((row) => row.id);
      await rollDevices(day, ids, await layoutsOf(ids));
      doneDevice = last.id;
      await saveProgress(pg, 'day', day, { doneDevice, polls: 0 });
    }
    await finishProgress(pg, 'day', day);
  }

  async function runLocked(
    before: number,
    daysBefore: number,
    signal?: AbortSignal,
  ): Promise<{ hours: number; polls: number }> {
    const done = { hours: 0, polls: 0 };
    for (const start of await listPartitions(pg, HEAD)) {
      if (start + HOUR_MS > before || signal?.aborted) break;
      const began = performance.now();
      const polls = await compactHour(start, signal);
      done.hours += 1;
      done.polls += polls;
      if (polls > 0)
        log.debug(
          { hour: new Date(start).toISOString(), polls, ms: Math.round(performance.now() - began) },
          'packed an hour',
        );
    }
    const today = Math.floor(before / DAY_MS) * DAY_MS;
    for (const day of await daysToRoll(pg, today)) await rollDay(day, signal);
    await merger.run(daysBefore, signal);
    return done;
  }

  return {
    async run(before, daysBefore, signal) {
      const session = await pg.session({ patient: true });
      try {
        const { rows } = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK]);
        return rows[0]?.locked ? await runLocked(before, daysBefore, signal) : { hours: 0, polls: 0 };
      } finally {
        await session.close();
      }
    },
  };
}
