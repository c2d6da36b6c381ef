import { z } from 'zod';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { compileFilter } from '#domain/log-filter.ts';
import type { FilterableLine, LineMatcher } from '#domain/log-filter.ts';
import type { Clock } from '#platform/clock.ts';
import type { NewLine } from '#stores/logs/logs.ts';
import type { Directory } from './directory.ts';
import { parseLogQuery } from './query.ts';
import { packLines } from './tail-lines.ts';
import { toLogEntry } from './view.ts';

/** Message of `BUS_TOPICS.logTails`: "I follow lines like these for so long"; with `ttlMs` 0, no longer. */
export const TailWish = z.object({
  id: z.string().min(1).max(64),
  query: z.string().max(4_000),
  /** Only devices of these sites; null: every line. */
  sites: z.array(z.string()).nullable(),
  ttlMs: z.number().int().min(0).max(600_000),
});
export type TailWish = z.infer<typeof TailWish>;

/** Message of `logs/ID`: lines that a collector has just received, as `packLines` makes them, and how many more there were. */
export const TailNews = z.object({ lines: z.string(), dropped: z.number().int() });
export type TailNews = z.infer<typeof TailNews>;

export function tailTopic(id: string): string {
  return `${BUS_TOPICS.logs}/${id}`;
}

/** How long a wish holds, and how often whoever follows repeats it. */
export const TAIL_TTL_MS = 30_000;
export const TAIL_REPEAT_MS = 10_000;

const TAILS_MAX = 200;
/** Lines told of one tail between two calls of `tell`; more than anybody reads. */
const LINES_MAX = 3_000;
/** Calls of `tell` that wait for the bus: some sender may always have something on its way. */
const HELD_UP_MAX = 10;

interface Tail {
  readonly query: string;
  readonly sites: string;
  readonly matches: LineMatcher;
  until: number;
  lines: { line: NewLine; number: number }[];
  dropped: number;
}

/** The receiving side of live tails: who follows what, and what is there to tell. */
export interface Tails {
  /** Takes in a message of `BUS_TOPICS.logTails`; what does not have its shape, or makes no sense, is ignored. */
  note(message: unknown): void;
  readonly any: boolean;
  /** Offers lines that have just come in. */
  offer(line: NewLine, asked: FilterableLine): void;
  /** Tells what was found since the last call. */
  tell(): void;
}

export function createTails({ bus, clock, directory }: { bus: Bus; clock: Clock; directory: Directory }): Tails {
  const tails = new Map<string, Tail>();
  let told = 0;
  /** Calls of `tell` since the bus was given lines that it has not handed over yet. */
  let heldUp = 0;
  let handing = false;

  /** What is told while the bus is behind would only be late: it waits, and is dropped and counted when it is too much. */
  function handOver(): void {
    handing = true;
    heldUp = 0;
    void bus.flush().finally(() => (handing = false));
  }

  function matcherOf({ query, sites }: TailWish): LineMatcher | undefined {
    try {
      const filter = compileFilter(parseLogQuery(query, directory));
      if (sites === null) return filter;
      return (line) => directory.ofSites(sites).has(line.deviceId) && filter(line);
    } catch {
      // The hub has read it before; what it sends is either right or not from it.
      return undefined;
    }
  }

  return {
    get any() {
      return tails.size > 0;
    },
    note(message) {
      const wish = TailWish.safeParse(message);
      if (!wish.success) return;
      const { id, query, ttlMs } = wish.data;
      const now = clock.monotonic();
      if (ttlMs === 0) {
        tails.delete(id);
        return;
      }
      const sites = JSON.stringify(wish.data.sites);
      const known = tails.get(id);
      if (known && known.query === query && known.sites === sites) {
        known.until = now + ttlMs;
        return;
      }
      if (!known && tails.size >= TAILS_MAX) return;
      const matches = matcherOf(wish.data);
      if (matches) tails.set(id, { query, sites, matches, until: now + ttlMs, lines: [], dropped: 0 });
    },
    offer(line, asked) {
      for (const tail of tails.values()) {
        if (!tail.matches(asked)) continue;
        if (tail.lines.length < LINES_MAX) tail.lines.push({ line, number: told++ });
        else tail.dropped++;
      }
    },
    tell() {
      const now = clock.monotonic();
      const wait = handing && heldUp++ < HELD_UP_MAX;
      let any = false;
      for (const [id, tail] of tails) {
        if (tail.until < now) tails.delete(id);
        if (wait || (tail.lines.length === 0 && tail.dropped === 0)) continue;
        const entries = tail.lines.map(({ line, number }) =>
          toLogEntry(`live-${line.receivedAt.toString(36)}-${number.toString(36)}`, line, line.raw.toString('utf8')),
        );
        let { dropped } = tail;
        tail.lines = [];
        tail.dropped = 0;
        for (const lines of entries.length === 0 ? [''] : packLines(entries)) {
          bus.publish(tailTopic(id), { lines, dropped } satisfies TailNews);
          dropped = 0;
        }
        any = true;
      }
      if (any) handOver();
    },
  };
}
