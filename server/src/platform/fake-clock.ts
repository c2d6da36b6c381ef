import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** A clock that a test moves. */
export interface FakeClock extends Clock {
  /** Lets time pass; whoever slept wakes in order, and what he does next is done before time goes on. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock forward or back; the monotonic one does not notice. */
  jump(ms: number): void;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Starts at the given wall time. */
export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonic = 0;
  let offset = start;
  const sleepers = new Set<Sleeper>();

  async function settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await setImmediate();
  }

  function next(until: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.at <= until && (first === undefined || sleeper.at < first.at)) first = sleeper;
    }
    return first;
  }

  return {
    now: () => offset + monotonic,
    monotonic: () => monotonic,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const sleeper: Sleeper = {
          at: monotonic + Math.max(0, ms),
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        function abort(): void {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        }
        signal?.addEventListener('abort', abort, { once: true });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      for (let sleeper = next(until); sleeper; sleeper = next(until)) {
        monotonic = Math.max(monotonic, sleeper.at);
        sleeper.wake();
        await settle();
      }
      monotonic = until;
      await settle();
    },
    jump(ms) {
      offset += ms;
    },
  };
}
