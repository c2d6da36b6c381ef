import { randomUUID } from 'node:crypto';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { TAIL_REPEAT_MS, TAIL_TTL_MS, TailNews, tailTopic } from './tails.ts';
import { unpackLines } from './tail-lines.ts';
import type { TailWish } from './tails.ts';

export interface TailHandlers {
  /** Lines as JSON, one array however many get them. */
  lines(events: readonly string[]): void;
  missed(count: number): void;
}

/** The asking side of live tails: collectors are asked once for what many follow. */
export interface Followers {
  follow(query: string, sites: readonly string[] | null, handlers: TailHandlers): Promise<() => void>;
}

interface Shared {
  readonly handlers: Set<TailHandlers>;
  readonly listening: Promise<() => Promise<void>>;
  end(): void;
}

export function createFollowers(bus: Bus): Followers {
  const tails = new Map<string, Shared>();

  function open(key: string, query: string, sites: readonly string[] | null): Shared {
    const id = randomUUID();
    const handlers = new Set<TailHandlers>();
    const say = (ttlMs: number) =>
      bus.publish(BUS_TOPICS.logTails, { id, query, sites: sites && [...sites], ttlMs } satisfies TailWish);
    const listening = bus.subscribe(tailTopic(id), (message) => {
      const news = TailNews.safeParse(message);
      if (!news.success) return;
      const lines = news.data.lines === '' ? [] : unpackLines(news.data.lines);
      if (lines.length > 0) for (const handler of handlers) handler.lines(lines);
      if (news.data.dropped > 0) for (const handler of handlers) handler.missed(news.data.dropped);
    });
    listening.then(
      () => say(TAIL_TTL_MS),
      () => tails.delete(key),
    );
    const repeat = setInterval(() => say(TAIL_TTL_MS), TAIL_REPEAT_MS);
    repeat.unref();
    const end = () => {
      clearInterval(repeat);
      tails.delete(key);
      say(0);
      listening.then((unsubscribe) => unsubscribe()).catch(() => undefined);
    };
    const shared = { handlers, listening, end };
    tails.set(key, shared);
    return shared;
  }

  return {
    async follow(query, sites, handlers) {
      const key = JSON.stringify([query, sites]);
      const shared = tails.get(key) ?? open(key, query, sites);
      // An object of its own, so that one handler may follow twice.
      const own = { lines: handlers.lines, missed: handlers.missed };
      shared.handlers.add(own);
      const leave = () => {
        if (shared.handlers.delete(own) && shared.handlers.size === 0) shared.end();
      };
      try {
        await shared.listening;
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
  };
}
