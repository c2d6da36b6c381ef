import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

/** Answers that stay good for a moment: asked again within it, or meanwhile, nobody is asked. Failures are not kept. */
export interface Recent<V> {
  get(key: string, ask: () => Promise<V>): Promise<V>;
  forget(): void;
}

export function createRecent<V>(clock: Clock, { ms, max }: { readonly ms: number; readonly max: number }): Recent<V> {
  const known = new LRUCache<string, { readonly since: number; readonly answer: Promise<V> }>({ max });
  return {
    get(key, ask) {
      const before = known.get(key);
      if (before && clock.monotonic() - before.since < ms) return before.answer;
      const now = { since: clock.monotonic(), answer: ask() };
      known.set(key, now);
      now.answer.catch(() => {
        if (known.peek(key) === now) known.delete(key);
      });
      return now.answer;
    },
    forget: () => known.clear(),
  };
}
