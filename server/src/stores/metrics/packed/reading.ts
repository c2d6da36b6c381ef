import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';
import type { Tail } from '#stores/metrics/tail.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Catalogue, StoredLayout } from './catalogue.ts';
import { createLatest } from './latest.ts';
import { LOOK_MS, createLooks } from './look.ts';
import type { Look } from './look.ts';
import { createRange } from './range.ts';
import { createRangeCache } from './range-cache.ts';

/** Sets of devices whose layouts are remembered for a moment. */
const LAYOUTS_KEPT = 1_000;
/**
 * A page asks for dozens of charts of one device: its series are read once for all of them. What other processes change in
 * the catalogue is seen so much later.
 */
const CATALOGUE = { ms: 1_000, max: 32 };
/** Those of a device with more series are not. */
const SERIES_KEPT = 2_000;

export interface ReadingDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  /** How long single polls are kept. */
  readonly rawMs: number;
  /** Where polls of closed hours lie at that time. */
  readonly tailOf: (look: Look) => Tail;
}

/** The half of a metric store that answers. What this process changes it sees at once, what others change in a moment. */
export interface Reading extends Pick<MetricStore, 'series' | 'range' | 'latest'> {
  /** Hours were opened, packed or dropped here. */
  moved(): void;
}

export function createReading({ pg, clock, catalogue, rawMs, tailOf }: ReadingDeps): Reading {
  const looks = createLooks(pg, clock);
  const recent = createRecent<StoredLayout[]>(clock, { ms: LOOK_MS, max: LAYOUTS_KEPT });
  const layoutsOf = (deviceIds: readonly number[]) =>
    recent.get(deviceIds.join(), () => catalogue.layoutsOf(deviceIds));
  const cache = createRangeCache(looks, createRange({ pg, clock, layoutsOf, looks, rawMs, tailOf }));
  const catalogues = createRecent<readonly StoredSeries[] | undefined>(clock, CATALOGUE);
  /** All series of a device; undefined when they are too many. */
  const catalogueOf = (deviceId: number) =>
    catalogues.get(String(deviceId), async () => {
      const series = await catalogue.series({ deviceIds: [deviceId], limit: SERIES_KEPT + 1 });
      return series.length > SERIES_KEPT ? undefined : series;
    });
  catalogue.onChange((how) => {
    recent.forget();
    catalogues.forget();
    if (how === 'moved') cache.forget();
  });
  return {
    async series(filter) {
      const { deviceIds = [], metric, labels = {}, after = 0, limit } = filter;
      const [deviceId] = deviceIds;
      if (metric === undefined || deviceId === undefined || deviceIds.length > 1) return catalogue.series(filter);
      // Whoever looks for a metric of a device will ask for its points: what that begins with is found out meanwhile.
      Promise.all([looks.now(), layoutsOf(deviceIds)]).catch(() => undefined);
      const all = await catalogueOf(deviceId);
      if (!all) return catalogue.series(filter);
      const wanted = Object.entries(labels);
      const matches = (one: StoredSeries) =>
        one.id > after && one.metric === metric && wanted.every(([name, value]) => one.labels[name] === value);
      return all.filter(matches).slice(0, limit);
    },
    range: cache.range,
    latest: createLatest({ pg, clock, layoutsOf, looks, tailOf }),
    moved: looks.forget,
  };
}
