import type { Clock } from './clock.ts';

/** Answers that stay good for a moment: asked again within it, or meanwhile, nobody is asked. Failures are not kept. */
export interface Recent<V> {
  get(key: string, ask: () => Promise<V>): Promise<V>;
  forget(): void;
}

/** Keeps `max` of them at most, the newest, and none whose moment is over: it would be held for nothing. */
export function createRecent<V>(clock: Clock, { ms, max }: { readonly ms: number; readonly max: number }): Recent<V> {
  /** Oldest first. */
  const known = new Map<string, { readonly since: number; readonly answer: Promise<V> }>();
  return {
    get(key, ask) {
      const since = clock.monotonic();
      for (const [old, entry] of known) {
        if (since - entry.since < ms) break;
        known.delete(old);
      }
      const before = known.get(key);
      if (before) return before.answer;
      const [oldest] = known.keys();
      if (known.size >= max && oldest !== undefined) known.delete(oldest);
      const now = { since, answer: ask() };
      known.set(key, now);
      now.answer.catch(() => {
        if (known.get(key) === now) known.delete(key);
      });
      return now.answer;
    },
    forget: () => known.clear(),
  };
}
