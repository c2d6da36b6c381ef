import { compileFilter } from '#domain/log-filter.ts';
import type { HistogramAnswer, HistogramQuery, LineAnswer, LinePlace, LineQuery } from '#stores/logs/logs.ts';
import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import type { LokiClient } from './client.ts';
import { fromEntry, nextNano, placeNanos, toNanos } from './entry.ts';
import type { LokiLine } from './entry.ts';
import { toLogQL } from './logql.ts';

/** A search that has looked for so long says how far it came instead of going on. */
const BUDGET_MS = 4_000;
/** Loki answers no more lines at once unless it is told otherwise. */
const PAGE_MAX = 5_000;
const PAGE_MIN = 200;
/** Loki refuses queries over more than 30 days and an hour. */
const WINDOW_MS = 30 * 86_400_000;

function compare(a: LinePlace, b: LinePlace): number {
  return a.receivedAt - b.receivedAt || a.number - b.number;
}

const earlier = (a: string, b: string) => (BigInt(a) < BigInt(b) ? a : b);
const later = (a: string, b: string) => (BigInt(a) > BigInt(b) ? a : b);

/** All lines that LogQL gives for a range, page after page, until `visit` answers false. Answers where it stopped. */
async function walk(
  client: LokiClient,
  query: LineQuery,
  pageSize: number,
  visit: (lines: LokiLine[]) => boolean,
  signal?: AbortSignal,
): Promise<LinePlace | undefined> {
  const { direction, after } = query;
  const backward = direction === 'backward';
  const sign = backward ? -1 : 1;
  const { query: logql } = toLogQL(query.filter);
  const until = performance.now() + BUDGET_MS;
  let place = after;
  let start = toNanos(query.from);
  let end = toNanos(query.to);
  for (;;) {
    if (place && backward) end = earlier(end, nextNano(placeNanos(place)));
    if (place && !backward) start = later(start, placeNanos(place));
    const [windowStart, windowEnd] = windowOf(start, end, backward);
    if (windowStart === undefined) return undefined;
    const range = { query: logql, start: windowStart, end: windowEnd, direction };
    const streams = await client.lines({ ...range, limit: pageSize }, signal);
    const page = streams.flatMap(({ stream, values }) =>
      values.map(([nanos, text, extra]) => fromEntry(stream, nanos, text, extra?.structuredMetadata ?? {})),
    );
    page.sort((a, b) => sign * compare(a, b));
    const before = place;
    const fresh = before ? page.filter((line) => sign * compare(line, before) > 0) : page;
    const last = fresh.at(-1);
    if (last) place = { receivedAt: last.receivedAt, number: last.number };
    if (!visit(fresh)) return place;
    if (page.length < pageSize) {
      const whole = backward ? windowStart === start : windowEnd === end;
      if (whole) return undefined;
      place = undefined;
      if (backward) end = windowStart;
      else start = windowEnd;
    } else if (!last) {
      // A page of one nanosecond, all of it seen: there can be no more lines in it that anybody can tell apart.
      place = undefined;
      if (backward) end = String(BigInt(end) - 1n);
      else start = nextNano(start);
    }
    if (performance.now() > until) return place ?? edge(backward ? end : start, backward);
  }
}

function edge(nanos: string, backward: boolean): LinePlace {
  return { receivedAt: Number(nanos.slice(0, -6)), number: backward ? -1 : 0 };
}

function windowOf(start: string, end: string, backward: boolean): [string, string] | [undefined] {
  if (BigInt(start) >= BigInt(end)) return [undefined];
  const most = BigInt(WINDOW_MS) * 1_000_000n;
  if (BigInt(end) - BigInt(start) <= most) return [start, end];
  return backward ? [String(BigInt(end) - most), end] : [start, String(BigInt(start) + most)];
}

export async function searchLoki(client: LokiClient, query: LineQuery, signal?: AbortSignal): Promise<LineAnswer> {
  const matches = compileFilter(query.filter);
  const { exact } = toLogQL(query.filter);
  const pageSize = Math.min(PAGE_MAX, Math.max(PAGE_MIN, exact ? query.limit + 1 : query.limit * 4));
  const found: LokiLine[] = [];
  const next = await walk(
    client,
    query,
    pageSize,
    (lines) => {
      for (const line of lines) if (matches(line)) found.push(line);
      return found.length <= query.limit;
    },
    signal,
  );
  if (found.length <= query.limit) return { lines: found, next };
  const lines = found.slice(0, query.limit);
  const last = lines.at(-1)!;
  return { lines, next: { receivedAt: last.receivedAt, number: last.number } };
}

const noCounts = () => [0, 0, 0, 0, 0, 0, 0, 0];

/**
 * Lines of each step, as Loki counts them. It looks at instants that are multiples of the step, whatever it is asked for:
 * so it is asked at these, and to count what was so much before.
 */
async function countSteps(
  client: LokiClient,
  { filter, from, to, stepMs }: HistogramQuery,
  count: (at: number, severity: number, lines: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const behindMs = (stepMs - (from % stepMs)) % stepMs;
  const offset = behindMs === 0 ? '' : ` offset ${behindMs}ms`;
  const logql = `sum by (severity) (count_over_time(${toLogQL(filter).query} [${stepMs}ms]${offset}))`;
  const width = Math.max(stepMs, Math.floor(WINDOW_MS / stepMs) * stepMs);
  for (let start = from; start < to; start += width) {
    const end = Math.min(start + width, to);
    // A count at an instant is of the step before it.
    const [first, last] = [toNanos(start + stepMs + behindMs), toNanos(end + behindMs)];
    const range = { query: logql, start: first, end: last, stepSeconds: stepMs / 1000 };
    for (const { metric, values } of await client.counts(range, signal)) {
      const severity = SEVERITY_NAMES.findIndex((name) => name === metric['severity']);
      if (severity < 0) continue;
      for (const [seconds, lines] of values) {
        const at = Math.round(seconds * 1000) - behindMs - stepMs;
        if (at >= start && at < end) count(at, severity, Number(lines));
      }
    }
  }
}

async function countedByLoki(
  client: LokiClient,
  { filter, from, to, stepMs }: HistogramQuery,
  signal?: AbortSignal,
): Promise<HistogramAnswer> {
  const steps = new Map<number, number[]>();
  const count = (at: number, severity: number, lines: number) => {
    let counts = steps.get(at);
    if (!counts) steps.set(at, (counts = noCounts()));
    counts[severity]! += lines;
  };
  const whole = from + Math.floor((to - from) / stepMs) * stepMs;
  if (whole > from) await countSteps(client, { filter, from, to: whole, stepMs }, count, signal);
  // The last step ends where the range does.
  if (to > whole) await countSteps(client, { filter, from: whole, to, stepMs: to - whole }, count, signal);
  return inOrder(steps, from);
}

function inOrder(steps: ReadonlyMap<number, number[]>, countedFrom: number): HistogramAnswer {
  const all = [...steps].map(([at, counts]) => ({ at, counts })).toSorted((a, b) => a.at - b.at);
  return { steps: all, countedFrom };
}

/** Counted by Loki where LogQL says the very same; else line by line, newest first, while time lasts. */
export async function histogramLoki(
  client: LokiClient,
  query: HistogramQuery,
  signal?: AbortSignal,
): Promise<HistogramAnswer> {
  const { filter, from, to, stepMs } = query;
  if (toLogQL(filter).exact) return countedByLoki(client, query, signal);
  const matches = compileFilter(filter);
  const steps = new Map<number, number[]>();
  const all = { filter, from, to, direction: 'backward', limit: PAGE_MAX } as const;
  const stopped = await walk(
    client,
    all,
    PAGE_MAX,
    (lines) => {
      for (const line of lines) {
        if (!matches(line)) continue;
        const at = from + Math.floor((line.receivedAt - from) / stepMs) * stepMs;
        let counts = steps.get(at);
        if (!counts) steps.set(at, (counts = noCounts()));
        counts[line.severity]!++;
      }
      return true;
    },
    signal,
  );
  return inOrder(steps, stopped ? Math.max(from, stopped.receivedAt) : from);
}
