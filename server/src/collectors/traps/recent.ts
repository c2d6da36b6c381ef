import type { Clock } from '#platform/clock.ts';

/** Remembers keys for at least a while, in two generations: no look-up ever walks through them. */
export interface Recent<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** Beyond `max` keys the older generation goes early. */
export function createRecent<T>(windowMs: number, max: number, clock: Pick<Clock, 'monotonic'>): Recent<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let since = clock.monotonic();

  function turn(): void {
    const now = clock.monotonic();
    if (now - since < windowMs && young.size < max / 2) return;
    // After a long silence both are old.
    old = now - since < 2 * windowMs ? young : new Map();
    young = new Map();
    since = now;
  }

  return {
    get(key) {
      turn();
      return young.get(key) ?? old.get(key);
    },
    set(key, value) {
      turn();
      young.set(key, value);
    },
  };
}
