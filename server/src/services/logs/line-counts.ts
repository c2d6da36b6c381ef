import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { compileFilter } from '#domain/log-filter.ts';
import type { FilterableLine, LineMatcher } from '#domain/log-filter.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { CountedQueryStore } from '#stores/logs/logs.ts';
import type { Layout, PollRow } from '#stores/metrics/metrics.ts';
import { parseLogQuery } from './query.ts';
import type { QueryWorld } from './query.ts';

/** Counts become samples at every full minute. */
export const COUNT_MS = 60_000;
/** A timer may go off a moment early by the clock that minutes are told by: the minute is over for all that. */
const EARLY_MS = 100;
/** A device that has been silent for so long is forgotten; its counters begin anew when it speaks again. */
const FORGOTTEN_MS = 24 * 3_600_000;

interface Counter {
  readonly layout: Layout;
  readonly values: Float64Array;
  heardAt: number;
  /** No row of it has been written yet. */
  fresh: boolean;
}

interface Counted {
  readonly name: string;
  readonly matches: LineMatcher;
  readonly layout: Layout;
  readonly devices: Map<number, Counter>;
}

/** The lines of devices as counters: by severity, and by the queries that people have named. */
export interface LineCounts extends Component {
  /** True when lines must be looked at, and not only counted. */
  readonly asks: boolean;
  count(deviceId: number, severity: number): void;
  /** Offers a line to the named queries. */
  offer(line: FilterableLine): void;
}

export interface LineCountsDeps {
  readonly queries: Pick<CountedQueryStore, 'list'>;
  readonly world: QueryWorld;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** Names the process: two of them may hear one device, and each has counters of its own. */
  readonly collector: string;
  /** Takes samples on their way to the store. */
  readonly write: (rows: readonly PollRow[]) => void;
}

function layoutOf(metric: string, labels: readonly Record<string, string>[]): Layout {
  return { series: labels.map((own) => ({ metric, labels: own, unit: 'lines', kind: 'counter' as const })) };
}

export function createLineCounts(deps: LineCountsDeps): LineCounts {
  const { queries, world, bus, clock, log, collector, write } = deps;
  const bySeverity = layoutOf(
    'log_lines_total',
    SEVERITY_NAMES.map((severity) => ({ severity, collector })),
  );
  const devices = new Map<number, Counter>();
  let counted: Counted[] = [];
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let startedAt = 0;

  function add(counters: Map<number, Counter>, deviceId: number, layout: Layout, place: number): void {
    let counter = counters.get(deviceId);
    if (!counter) {
      counter = { layout, values: new Float64Array(layout.series.length), heardAt: 0, fresh: true };
      counters.set(deviceId, counter);
    }
    counter.values[place]!++;
    counter.heardAt = clock.monotonic();
  }

  /** The queries as they are now; devices' names may have changed since, so each is read anew. */
  async function load(): Promise<void> {
    const before = new Map(counted.map((one) => [one.name, one]));
    counted = (await queries.list()).flatMap(({ name, query }) => {
      try {
        const known = before.get(name);
        const layout = known?.layout ?? layoutOf('log_matches_total', [{ query: name, collector }]);
        const matches = compileFilter(parseLogQuery(query, world));
        return [{ name, matches, layout, devices: known?.devices ?? new Map<number, Counter>() }];
      } catch (error) {
        log.warn({ query: name, err: error }, 'a counted query cannot be read');
        return [];
      }
    });
  }

  function* rowsOf(counters: Map<number, Counter>, slot: number): Generator<PollRow> {
    const now = clock.monotonic();
    for (const [deviceId, counter] of counters) {
      if (now - counter.heardAt > FORGOTTEN_MS) {
        counters.delete(deviceId);
        continue;
      }
      const { layout, values } = counter;
      const row = { deviceId, polledAt: slot, restarted: false, layout };
      // What the first lines add is seen only beside a zero.
      if (counter.fresh) {
        // What was before this process is another's, who may have been killed within this minute.
        const before = Math.max(slot - COUNT_MS, startedAt);
        yield { ...row, at: before, polledAt: before, restarted: true, values: new Float64Array(values.length) };
      }
      counter.fresh = false;
      yield { ...row, at: slot, values: values.slice() };
    }
  }

  function flush(slot: number): void {
    const rows = [...rowsOf(devices, slot), ...counted.flatMap((one) => [...rowsOf(one.devices, slot)])];
    if (rows.length > 0) write(rows);
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await load().catch(() => undefined);
      const now = clock.now();
      const slot = (Math.floor((now + EARLY_MS) / COUNT_MS) + 1) * COUNT_MS;
      await clock.sleep(slot - now, signal).catch(() => undefined);
      if (!signal.aborted) flush(slot);
    }
  }

  return {
    name: 'line counts',
    get asks() {
      return counted.length > 0;
    },
    count(deviceId, severity) {
      add(devices, deviceId, bySeverity, severity);
    },
    offer(line) {
      for (const one of counted) if (one.matches(line)) add(one.devices, line.deviceId, one.layout, 0);
    },
    async start() {
      stopping = new AbortController();
      startedAt = Math.round(clock.now());
      unsubscribe = await bus.subscribe(BUS_TOPICS.logQueries, () => void load().catch(() => undefined));
      running = loop(stopping.signal);
    },
    async stop() {
      await unsubscribe?.();
      stopping.abort();
      await running;
    },
  };
}
