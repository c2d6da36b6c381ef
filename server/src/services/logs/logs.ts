import type {
  LogContext,
  LogDetail,
  LogEntry,
  LogExportQuery,
  LogHistogram,
  LogHistogramQuery,
  LogPage,
  LogPatterns,
  LogPatternsQuery,
  LogQuery,
  LogSenders,
  LogUsage,
} from '@sotp/contract/logs.ts';
import type { Bus } from '#bus/bus.ts';
import { CANARY_LINES } from '#domain/canary-lines.ts';
import { parseGlob } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import { parseId } from '#domain/paging.ts';
import { niceStep, parseInstant, parseStep } from '#domain/time-range.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { FoundLine, LinePlace, LogStore, SenderStore } from '#stores/logs/logs.ts';
import type { Directory } from './directory.ts';
import { createFollowers } from './followers.ts';
import type { TailHandlers } from './followers.ts';
import { minePatterns } from './patterns.ts';
import { parseLogQuery, severityMask } from './query.ts';
import { toLogEntry } from './view.ts';

const STEPS_MAX = 2_000;
const DEFAULT_STEPS = 120;
/** Lines of the same sender are looked for so far before and after one. */
const CONTEXT_MS = 6 * 3_600_000;
const EXPORT_PAGE = 1_000;

/** What is asked of lines besides the range. */
export type LineWish = Pick<Partial<LogQuery>, 'query' | 'device' | 'host' | 'app' | 'severity'>;

/** The lines that were received, as far as the actor's sites reach: lines of no device are for those without a scope. */
export interface Logs {
  list(actor: Actor, query: LogQuery, signal?: AbortSignal): Promise<LogPage>;
  get(actor: Actor, id: string): Promise<LogDetail>;
  context(actor: Actor, id: string, before: number, after: number): Promise<LogContext>;
  histogram(actor: Actor, query: LogHistogramQuery, signal?: AbortSignal): Promise<LogHistogram>;
  /** The shapes that the lines of a time have, most frequent first. */
  patterns(actor: Actor, query: LogPatternsQuery, signal?: AbortSignal): Promise<LogPatterns>;
  /** All lines that fit, newest first, page by page. */
  export(actor: Actor, query: LogExportQuery, signal?: AbortSignal): AsyncGenerator<LogEntry[]>;
  senders(actor: Actor): Promise<LogSenders>;
  usage(): Promise<LogUsage>;
  /** Follows lines as they come in, from all collectors. Throws `validation_failed` for a query that cannot be read. */
  follow(actor: Actor, wish: LineWish, handlers: TailHandlers): Promise<() => void>;
}

export interface LogsDeps {
  readonly store: LogStore;
  readonly senders: SenderStore;
  readonly directory: Directory;
  readonly bus: Bus;
  readonly clock: Clock;
}

function bad(field: string, message: string): AppError {
  return new AppError('validation_failed', `${field}: ${message}`, { details: { fields: [{ path: field, message }] } });
}

function toEntry(line: FoundLine): LogEntry {
  return toLogEntry(line.id, line, line.text);
}

function placeOf(cursor: string | undefined): LinePlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, number] = /^([0-9a-z]{1,11})-(-?[0-9a-z]{1,11})$/.exec(cursor) ?? [];
  const place = { receivedAt: Number.parseInt(at ?? '', 36), number: Number.parseInt(number ?? '', 36) };
  if (at === undefined || !(place.receivedAt <= 8.64e15) || !Number.isSafeInteger(place.number)) {
    throw new AppError('bad_request', 'cursor is not one that this list has given: start without a cursor.');
  }
  return place;
}

const quoted = (value: string) => `"${value.replaceAll(/(["\\])/g, '\\$1')}"`;

/** The named parameters as query text, for tails, whose filter travels as text. */
function asText({ query, device, host, app, severity }: LineWish): string {
  const parts = [
    query ? `(${query})` : '',
    device ? `device:${quoted(device)}` : '',
    host ? `host:${quoted(host)}` : '',
    app ? `app:${quoted(app)}` : '',
    severity ? `severity:${quoted(severity)}` : '',
  ];
  return parts.filter(Boolean).join(' ');
}

export function createLogs({ store, senders, directory, bus, clock }: LogsDeps): Logs {
  const followers = createFollowers(bus);

  function instant(field: 'from' | 'to', text: string): number {
    const at = parseInstant(text, clock.now());
    if (at === undefined)
      throw bad(field, `“${text}” is no instant: write RFC 3339, epoch milliseconds, now, or now-6h`);
    // `now` includes the lines of this very millisecond.
    return field === 'to' && text === 'now' ? at + 1_000 : at;
  }

  function range({ from, to }: { from: string; to: string }): { from: number; to: number } {
    const [start, end] = [instant('from', from), instant('to', to)];
    if (start >= end) throw bad('from', 'must be before to');
    return { from: start, to: end };
  }

  /** What the actor may see at all; undefined when that is everything. */
  function scope(actor: Actor): LogFilter | undefined {
    return actor.scope === null ? undefined : { kind: 'device', ids: directory.ofSites(actor.scope.sites) };
  }

  function filterOf(actor: Actor, wish: LineWish): LogFilter {
    const items: LogFilter[] = [];
    if (wish.severity !== undefined) items.push({ kind: 'severity', mask: severityMask(':', wish.severity) });
    if (wish.device !== undefined) {
      const id = parseId(wish.device);
      // A device beyond the actor's sites and one that there is not look the same.
      if (id === undefined || !directory.has(id)) throw new AppError('not_found', 'There is no such device.');
      if (actor.scope && !directory.ofSites(actor.scope.sites).has(id)) {
        throw new AppError('not_found', 'There is no such device.');
      }
      items.push({ kind: 'device', ids: new Set([id]) });
    }
    const seen = scope(actor);
    if (seen) items.push(seen);
    if (wish.host !== undefined) items.push({ kind: 'attribute', name: 'host', glob: parseGlob(wish.host) });
    if (wish.app !== undefined) items.push({ kind: 'attribute', name: 'app', glob: parseGlob(wish.app) });
    if (wish.query !== undefined) items.push(parseLogQuery(wish.query, directory));
    if (items.length === 1) return items[0]!;
    return items.length === 0 ? { kind: 'all' } : { kind: 'and', items };
  }

  async function find(actor: Actor, id: string): Promise<FoundLine> {
    const place = /^[0-9a-z]{1,11}-[0-9a-z]{1,11}$/.test(id) ? placeOf(id) : undefined;
    if (place) {
      const { receivedAt, number } = place;
      const seen = scope(actor);
      const behind = { receivedAt, number: number - 1 };
      const at = { from: receivedAt, to: receivedAt + 1, direction: 'forward', limit: 1 } as const;
      for (const filter of seen ? [seen] : [{ kind: 'all' } as const, CANARY_LINES]) {
        const { lines } = await store.search({ filter, ...at, after: behind });
        if (lines[0]?.id === id) return lines[0];
      }
    }
    throw new AppError('not_found', 'There is no such line; it may be past its time.');
  }

  return {
    async list(actor, query, signal) {
      const filter = filterOf(actor, query);
      const after = placeOf(query.cursor);
      const { limit, direction } = query;
      const { lines, next } = await store.search({ filter, ...range(query), limit, direction, after }, signal);
      return {
        items: lines.map(toEntry),
        nextCursor: next ? `${next.receivedAt.toString(36)}-${next.number.toString(36)}` : null,
        searchedTo: next ? new Date(next.receivedAt).toISOString() : null,
      };
    },
    async get(actor, id) {
      const line = await find(actor, id);
      return { ...toEntry(line), raw: line.raw.toString('base64') };
    },
    async context(actor, id, before, after) {
      const line = await find(actor, id);
      const same: LogFilter =
        line.deviceId > 0
          ? { kind: 'device', ids: new Set([line.deviceId]) }
          : { kind: 'attribute', name: 'sender', glob: { pieces: [line.sender.toLowerCase()] } };
      const { receivedAt } = line;
      const place = placeOf(id);
      const around = { filter: same, from: receivedAt - CONTEXT_MS, to: receivedAt + CONTEXT_MS, after: place };
      const [earlier, later] = await Promise.all([
        before > 0 ? store.search({ ...around, direction: 'backward', limit: before }) : { lines: [] },
        after > 0 ? store.search({ ...around, direction: 'forward', limit: after }) : { lines: [] },
      ]);
      return { before: earlier.lines.map(toEntry).toReversed(), line: toEntry(line), after: later.lines.map(toEntry) };
    },
    async histogram(actor, query, signal) {
      const { from, to } = range(query);
      const stepMs = query.step === undefined ? niceStep(to - from, DEFAULT_STEPS) : parseStep(query.step);
      if (stepMs === undefined) throw bad('step', `“${query.step}” is no step: write seconds, or 30s, 5m, 1h, 1d`);
      // Steps begin at round instants, so that they stay where they are as time goes on.
      const start = Math.floor(from / stepMs) * stepMs;
      if ((to - start) / stepMs > STEPS_MAX) {
        throw new AppError('query_too_large', `More than ${STEPS_MAX} steps: take a longer step or a shorter range.`, {
          details: { limit: STEPS_MAX },
        });
      }
      const { steps, countedFrom } = await store.histogram(
        { filter: filterOf(actor, query), from: start, to, stepMs },
        signal,
      );
      return {
        step: stepMs / 1000,
        from: new Date(start).toISOString(),
        to: new Date(to).toISOString(),
        countedFrom: countedFrom > start ? new Date(countedFrom).toISOString() : null,
        steps: steps.map(({ at, counts }) => ({ at, counts: [...counts] })),
      };
    },
    patterns: (actor, query, signal) =>
      minePatterns(store, { filter: filterOf(actor, query), ...range(query) }, signal),
    async *export(actor, query, signal) {
      const asked = { filter: filterOf(actor, query), ...range(query), direction: 'backward' } as const;
      let after: LinePlace | undefined;
      for (let left = query.limit; left > 0 && !signal?.aborted;) {
        const { lines, next } = await store.search({ ...asked, limit: Math.min(EXPORT_PAGE, left), after }, signal);
        yield lines.map(toEntry);
        left -= lines.length;
        if (!next) return;
        after = next;
      }
    },
    async senders(actor) {
      // Who is no device has no site.
      if (actor.scope !== null) return { items: [] };
      const known = (await senders.list(1_000)).filter(({ address, host }) => directory.match(address, host) === 0);
      return {
        items: known.map(({ address, host, firstAt, lastAt, lines, worstSeverity }) => ({
          address,
          host: host || null,
          firstSeenAt: new Date(firstAt).toISOString(),
          lastSeenAt: new Date(lastAt).toISOString(),
          lines,
          worstSeverity,
        })),
      };
    },
    async usage() {
      const items = await store.usage();
      return {
        bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
        lines: items.some(({ lines }) => lines === null)
          ? null
          : // The canary's lines take room, but they are no lines that anybody has sent.
            items.reduce((sum, one) => sum + (one.class === 'canary' ? 0 : (one.lines ?? 0)), 0),
        items: items.map((one) => ({ ...one, day: new Date(one.day).toISOString() })),
      };
    },
    async follow(actor, wish, handlers) {
      filterOf(actor, wish);
      const query = asText(wish);
      parseLogQuery(query, directory);
      return followers.follow(query, actor.scope === null ? null : [...actor.scope.sites], handlers);
    },
  };
}
