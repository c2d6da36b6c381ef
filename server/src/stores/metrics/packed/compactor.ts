import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { nextPacked, readBlocks, readLastBlocks, replacePacked, replaceRollups, toPollBlock } from './blocks.ts';
import type { PackedBlock, StoredBlock } from './blocks.ts';
import type { Catalogue } from './catalogue.ts';
import { encodeBlock } from './codec.ts';
import { groupRows, readHeadPartition, readLast } from './head.ts';
import { createHourWalk } from './hour-walk.ts';
import type { Compactor } from './hour-walk.ts';
import { createKnownLayouts } from './known-layouts.ts';
import { createMerger } from './merger.ts';
import {
  DAY_MS,
  FIVE_MINUTES,
  HEAD,
  HOUR_MS,
  PACKED,
  POLLS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M_HOURS,
  ensurePartitions,
  monthOf,
  partitionName,
} from './partitions.ts';
import { daysToRoll, finishProgress, isBegun, openProgress, restartMerge, saveProgress } from './progress.ts';
import { rollupDayAndMonth, rollupHour } from './rollup.ts';
import type { KnownLayout } from './rollup.ts';
import { blockOfPolls, mergePolls } from './timeline.ts';
import type { PollBlock } from './timeline.ts';

/** Polls that one transaction packs, about. */
const POLLS_PER_CHUNK = 2_000;
/** Devices whose day is rolled up in one transaction. */
const DEVICES_PER_CHUNK = 64;

export interface CompactorDeps {
  readonly pg: Postgres;
  readonly catalogue: Catalogue;
  readonly log: Log;
}

const dayOf = (instant: number) => Math.floor(instant / DAY_MS) * DAY_MS;
const pause = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Columns of one device's hour, used again for the next. */
let columns = new Float64Array(0);

function roomFor(blocks: readonly PollBlock[], layouts: readonly KnownLayout[]): Float64Array {
  const widths = new Map(layouts.map((layout) => [layout.id, layout.series.length]));
  const size = blocks.reduce((sum, block) => sum + block.length * (widths.get(block.layoutId) ?? 0), 0);
  if (columns.length < size) columns = new Float64Array(size);
  return columns;
}

export function createCompactor({ pg, catalogue, log }: CompactorDeps): Compactor {
  const known = createKnownLayouts(catalogue);
  const merger = createMerger({ pg, log, layoutsOf: known.of, pause });

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
    const layouts = await known.of(deviceIds);
    const before = await pollsBefore(start, layouts);
    const inHead = groupRows(await readHeadPartition(pg, partitionName(HEAD, start), deviceIds));
    const stored = await readBlocks(pg, POLLS, { deviceIds, from: start, to: start + HOUR_MS });
    const inTail = Map.groupBy(stored, (one) => one.deviceId);
    const packed: PackedBlock[] = [];
    const spans: StoredBlock[] = [];
    for (const [deviceId, own] of Map.groupBy(layouts, (layout) => layout.deviceId)) {
      const there = inTail.get(deviceId) ?? [];
      const blocks = [...(inHead.get(deviceId) ?? []), ...there.filter((one) => !one.isDay).map(toPollBlock)];
      const room = roomFor(blocks, own);
      let used = 0;
      const hour: PollBlock[] = [];
      for (const { id: layoutId, series } of own) {
        const same = blocks.filter((block) => block.layoutId === layoutId);
        if (same.length === 0) continue;
        const polls = mergePolls(same, series.length, room.subarray(used));
        used += polls.data.length;
        const restarted = polls.restarted.includes(1);
        packed.push({ deviceId, layoutId, start, polls: polls.at.length, restarted, block: encodeBlock(polls) });
        hour.push(blockOfPolls(layoutId, polls));
      }
      // What a day has of this hour already stays there; only the spans need it.
      hour.push(...there.filter((one) => one.isDay).map(toPollBlock));
      if (hour.length > 0) spans.push(...rollupHour(start, hour, before.get(deviceId) ?? [], own));
      await pause();
    }
    await pg.transaction(async (tx) => {
      await replacePacked(tx, PACKED, start, deviceIds, packed);
      await replaceRollups(tx, ROLLUP_5M_HOURS, start, deviceIds, spans);
      await restartMerge(tx, dayOf(start));
    });
    await mendLater(start, deviceIds, layouts);
  }

  async function rollDevices(
    day: number,
    deviceIds: readonly number[],
    layouts: readonly KnownLayout[],
  ): Promise<void> {
    const hours = await readBlocks(pg, FIVE_MINUTES, { deviceIds, from: day, to: day + DAY_MS });
    const month = monthOf(day);
    const days = Map.groupBy(
      await readBlocks(pg, ROLLUP_1D, { deviceIds, from: month, to: month + 1 }),
      (row) => row.deviceId,
    );
    const hourSpans: StoredBlock[] = [];
    const daySpans: StoredBlock[] = [];
    for (const id of deviceIds) {
      const own = hours.filter((row) => row.deviceId === id);
      const made = rollupDayAndMonth(
        day,
        own,
        days.get(id) ?? [],
        layouts.filter((layout) => layout.deviceId === id),
      );
      hourSpans.push(...made.day);
      daySpans.push(...made.month);
      await pause();
    }
    await pg.transaction(async (tx) => {
      await replaceRollups(tx, ROLLUP_1H, day, deviceIds, hourSpans);
      await replaceRollups(tx, ROLLUP_1D, month, deviceIds, daySpans);
    });
  }

  async function rollDay(day: number, signal?: AbortSignal): Promise<void> {
    for (const table of [ROLLUP_1H, ROLLUP_1D]) await ensurePartitions(pg, table, [day]);
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
      await rollDevices(day, ids, await known.of(ids));
      doneDevice = last.id;
      await saveProgress(pg, 'day', day, { doneDevice, polls: 0 });
    }
    await finishProgress(pg, 'day', day);
  }

  return createHourWalk({
    pg,
    log,
    pollsPerChunk: POLLS_PER_CHUNK,
    async prepare(start) {
      await ensurePartitions(pg, PACKED, [start]);
      await ensurePartitions(pg, ROLLUP_5M_HOURS, [start]);
    },
    pack: packDevices,
    async afterHours({ before, daysBefore }, signal) {
      for (const day of await daysToRoll(pg, dayOf(before))) await rollDay(day, signal);
      await merger.run(daysBefore, signal);
    },
  });
}
