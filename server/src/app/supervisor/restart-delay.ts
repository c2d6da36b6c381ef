import type { Clock } from '#platform/clock.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A process that has worked for so long starts again without having to wait: what it cost to start was worth it. */
const STEADY_MS = 10_000;

/** How long a process that died waits until it is started again: ever longer when it does not get to work. */
export interface RestartDelay {
  /** It works now. */
  ready(): void;
  /** It has ended: how long to wait, ms. */
  ended(): number;
}

export function createRestartDelay(clock: Clock): RestartDelay {
  let readyAt: number | undefined;
  let delayMs = FIRST_MS;
  return {
    ready() {
      readyAt = clock.monotonic();
    },
    ended() {
      if (readyAt !== undefined && clock.monotonic() - readyAt >= STEADY_MS) delayMs = FIRST_MS;
      readyAt = undefined;
      const wait = delayMs;
      delayMs = Math.min(LONGEST_MS, delayMs * 2);
      return wait;
    },
  };
}
