import type { Clock } from '#platform/clock.ts';
import type { LatestValue, StoredSeries } from '#stores/metrics/metrics.ts';
import { mergeBlocks } from '#stores/metrics/tail.ts';
import type { Tail } from '#stores/metrics/tail.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import type { Catalogue } from './catalogue.ts';
import { groupRows, readLast } from './head.ts';
import type { Look, Looks } from './look.ts';
import { createTimelines } from './timeline.ts';

/** Devices that are read at once: what bounds the memory of a look at very many. */
const DEVICES_AT_ONCE = 200;
/** A value that is missing in the last poll is looked for in so many. */
const POLLS = 3;

export interface LatestDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly layoutsOf: Catalogue['layoutsOf'];
  readonly looks: Looks;
  readonly tailOf: (look: Look) => Tail;
}

/** Answers the newest values: of the head, and of the tail for layouts that have been silent since. */
export function createLatest({ pg, clock, layoutsOf, looks, tailOf }: LatestDeps) {
  async function blocksOf(db: Queryable, deviceIds: readonly number[], ids: ReadonlySet<number>, maxAgeMs: number) {
    const layouts = (await layoutsOf(deviceIds)).filter((layout) => layout.series.some((id) => ids.has(id)));
    const now = clock.now() + 1;
    const blocks = groupRows(await readLast(db, layouts, now, { polls: POLLS, maxAgeMs: maxAgeMs + 1 }));
    const heard = new Set([...blocks.values()].flat().map((block) => block.layoutId));
    const silent = layouts.filter((layout) => !heard.has(layout.id));
    const tail = tailOf(await looks.now());
    const all = mergeBlocks(blocks, await tail.lastPolls(db, silent, ids, now, maxAgeMs + 1));
    const byDevice = Map.groupBy(layouts, (layout) => layout.deviceId);
    return new Map([...byDevice].map(([id, own]) => [id, createTimelines(all.get(id) ?? [], own)]));
  }

  return async function latest(
    series: readonly StoredSeries[],
    maxAgeMs: number,
    signal?: AbortSignal,
  ): Promise<LatestValue[]> {
    const db = signal ? pg.abortable(signal) : pg;
    const oldest = clock.now() - maxAgeMs;
    const byDevice = Map.groupBy(series, (one) => one.deviceId);
    const devices = [...byDevice.keys()];
    const found = new Map<number, LatestValue>();
    for (let i = 0; i < devices.length; i += DEVICES_AT_ONCE) {
      signal?.throwIfAborted();
      const part = devices.slice(i, i + DEVICES_AT_ONCE);
      const wanted = part.flatMap((id) => byDevice.get(id) ?? []);
      const timelines = await blocksOf(db, part, new Set(wanted.map(({ id }) => id)), maxAgeMs);
      for (const one of wanted) {
        const samples = timelines.get(one.deviceId)?.(one.id);
        for (let n = (samples?.length ?? 0) - 1; samples && n >= 0 && samples.at[n]! >= oldest; n--) {
          const value = samples.values[n]!;
          if (value !== value) continue;
          found.set(one.id, { series: one, at: samples.at[n]!, value });
          break;
        }
      }
    }
    return series.flatMap((one) => found.get(one.id) ?? []);
  };
}
