import { setTimeout as sleepTimer } from 'node:timers/promises';

/** Time as an argument. `now` follows the wall clock and may jump; `monotonic` never does. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since an arbitrary origin, never going back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (!signal) return sleepTimer(ms);
    signal.throwIfAborted();
    // Node's own makes an error with a stack for each that is aborted, which most are.
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal.addEventListener('abort', abort, { once: true });
    });
  },
};

/** Why a sleep ends that nobody needs any more; the same one for all. */
const IN_TIME = new Error('It was done in time.');

/** Waits for the work, but no longer than `ms`; true when it was done in time. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const cancel = new AbortController();
  const late = clock.sleep(ms, cancel.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel.abort(IN_TIME);
  }
}
