import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
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
export interface Reading extends Pick<MetricStore, 'range' | 'latest'> {
  /** Hours were opened, packed or dropped here. */
  moved(): void;
}

export function createReading({ pg, clock, catalogue, rawMs, tailOf }: ReadingDeps): Reading {
  const looks = createLooks(pg, clock);
  const recent = createRecent<StoredLayout[]>(clock, { ms: LOOK_MS, max: LAYOUTS_KEPT });
  const layoutsOf = (deviceIds: readonly number[]) =>
    recent.get(deviceIds.join(), () => catalogue.layoutsOf(deviceIds));
  const cache = createRangeCache(looks, createRange({ pg, clock, layoutsOf, looks, rawMs, tailOf }));
  catalogue.onChange((how) => {
    recent.forget();
    if (how === 'moved') cache.forget();
  });
  return {
    range: cache.range,
    latest: createLatest({ pg, clock, layoutsOf, looks, tailOf }),
    moved: looks.forget,
  };
}
