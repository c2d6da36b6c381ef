import type { Clock } from '#platform/clock.ts';

/** A clock that stands until the test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by `ms`; sleepers wake in order, each at its own instant. */
  advance(ms: number): Promise<void>;
}

export function createFakeClock(): FakeClock {
  let at = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => 1_800_000_000_000 + at,
    monotonic: () => at,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: at + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const until = at + ms;
      await settle();
      for (;;) {
        const next = sleepers.filter((s) => s.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        sleepers = sleepers.filter((other) => other !== next);
        at = Math.max(at, next.at);
        next.wake();
        await settle();
      }
      at = until;
    },
  };
}
