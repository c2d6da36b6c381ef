import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Catalogue } from '#stores/metrics/packed/catalogue.ts';
import { groupRows, readHeadPartition, readLast } from '#stores/metrics/packed/head.ts';
import { createHourWalk } from '#stores/metrics/packed/hour-walk.ts';
import { createKnownLayouts } from '#stores/metrics/packed/known-layouts.ts';
import { HEAD, HOUR_MS, partitionName } from '#stores/metrics/packed/partitions.ts';
import { spansOfHour } from '#stores/metrics/packed/rollup.ts';
import type { KnownLayout, LayoutSpans } from '#stores/metrics/packed/rollup.ts';
import { mergePolls } from '#stores/metrics/packed/timeline.ts';
import type { PollBlock } from '#stores/metrics/packed/timeline.ts';
import { mergeBlocks } from '#stores/metrics/tail.ts';
import { sumUpAgain } from './hours.ts';
import { createMover } from './mover.ts';
import { readLastPolls, readPolls } from './read.ts';
import { hasHour, nextPolled, replacePolls, replaceSpans } from './write.ts';
import type { LayoutPolls } from './write.ts';

/** Polls that one transaction loads, about: half a million samples of wide devices. */
const POLLS_PER_CHUNK = 1_000;

export interface TimescaleCompactorDeps {
  readonly pg: Postgres;
  readonly catalogue: Catalogue;
  readonly log: Log;
}

/** What was packed before TimescaleDB came is moved in the background, so long at a time. */
const MOVE_MS = 20_000;

/** Moves closed hours from the head into the hypertables, with their 5-minute spans. */
export function createTimescaleCompactor({ pg, catalogue, log }: TimescaleCompactorDeps) {
  const known = createKnownLayouts(catalogue);
  const mover = createMover({ pg, catalogue, layoutsOf: known.of });
  /** Hours whose spans changed in this run. */
  let changed: number[] = [];

  /** What counters grew from: the last polls before an hour, wherever they are. */
  async function pollsBefore(start: number, layouts: readonly KnownLayout[]): Promise<Map<number, PollBlock[]>> {
    const counting = layouts.filter((layout) => layout.kinds.includes('counter'));
    const head = groupRows(await readLast(pg, counting, start, { polls: 3 }));
    const options = { polls: 3, maxAgeMs: MAX_SPAN_MS };
    return mergeBlocks(head, await readLastPolls(pg, counting, undefined, start, options));
  }

  async function spansOf(
    start: number,
    blocks: ReadonlyMap<number, readonly PollBlock[]>,
    layouts: readonly KnownLayout[],
  ): Promise<LayoutSpans[]> {
    const before = await pollsBefore(start, layouts);
    return [...blocks].flatMap(([deviceId, hour]) =>
      spansOfHour(
        start,
        hour,
        before.get(deviceId) ?? [],
        layouts.filter((layout) => layout.deviceId === deviceId),
      ),
    );
  }

  /** Late rows changed what counters grew from in the next hour that their layouts were polled in. */
  async function mendNext(start: number, layouts: readonly KnownLayout[]): Promise<void> {
    for (const [next, layoutIds] of await nextPolled(pg, start, layouts)) {
      const own = layouts.filter((layout) => layoutIds.has(layout.id));
      const blocks = await readPolls(pg, own, undefined, { from: next, to: next + HOUR_MS });
      const spans = await spansOf(next, blocks, own);
      await pg.transaction((tx) => replaceSpans(tx, { start: next, end: next + HOUR_MS }, spans, false));
      changed.push(next);
    }
  }

  async function load(start: number, deviceIds: readonly number[]): Promise<void> {
    const span = { start, end: start + HOUR_MS };
    const layouts = await known.of(deviceIds);
    const rows = groupRows(await readHeadPartition(pg, partitionName(HEAD, start), deviceIds));
    const late = await hasHour(pg, span, deviceIds);
    const there = late ? await readPolls(pg, layouts, undefined, { from: start, to: span.end }) : new Map();
    const blocks = mergeBlocks(there, rows);
    const all: LayoutPolls[] = layouts.flatMap((layout) => {
      const own = (blocks.get(layout.deviceId) ?? []).filter((block) => block.layoutId === layout.id);
      return own.length === 0 ? [] : [{ layout, polls: mergePolls(own, layout.series.length) }];
    });
    const spans = await spansOf(start, blocks, layouts);
    await pg.transaction(async (tx) => {
      await replacePolls(tx, span, deviceIds, all, late ? 'instead' : 'first');
      await replaceSpans(tx, span, spans, !late);
    });
    changed.push(start);
    if (late) await mendNext(start, layouts);
  }

  const walk = createHourWalk({
    pg,
    log,
    pollsPerChunk: POLLS_PER_CHUNK,
    pack: load,
    async afterHours(_until, signal) {
      await sumUpAgain(pg, changed);
      changed = [];
      if (await mover.isNeeded()) await mover.run({ deadline: performance.now() + MOVE_MS }, signal);
    },
  });
  return { ...walk, mover };
}
