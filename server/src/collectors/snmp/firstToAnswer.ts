import type { Clock } from '#platform/clock.ts';

export interface FirstToAnswerOptions {
  readonly clock: Clock;
  /** Head start of each attempt before the next one; a failure ends it early. */
  readonly headStartMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs attempts in order, each with a head start, and answers what the first successful one gave; the others are
 * aborted. Throws the first attempt's failure when all fail: silence is slow, and trying one after the other would add
 * it up.
 */
export async function firstToAnswer<T>(
  attempts: readonly ((signal: AbortSignal) => Promise<T>)[],
  { clock, headStartMs, signal }: FirstToAnswerOptions,
): Promise<T> {
  const settled = new AbortController();
  const ending = AbortSignal.any([signal, settled.signal]);
  const running: Promise<T>[] = [];
  try {
    for (const attempt of attempts) {
      const started = attempt(ending);
      running.push(started);
      const failed = started.then(
        () => 'answered',
        () => 'failed',
      );
      const any = Promise.any(running).then(
        () => 'answered',
        () => 'failed',
      );
      const state = await Promise.race([any, failed, clock.sleep(headStartMs, ending)]);
      if (state === 'answered') break;
    }
    return await Promise.any(running);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // The order of the attempts is the operator's: the first one's failure is the one to tell.
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    settled.abort();
  }
}
