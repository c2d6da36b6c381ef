import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Deliver } from '#services/spool/spool.ts';
import type { Complaint } from './complaint.ts';

const RETRY_MS = [100, 200, 500, 1_000, 2_000];
/** After so many refusals that no waiting will cure, a batch is given up: it must not hold up the others. */
const MAX_REFUSALS = 5;

export interface Delivery {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly backlog: () => number;
  readonly storeAway: Complaint;
  /** Told true at every failed try, false when the store has taken it. */
  readonly note: (trying: boolean) => void;
}

/** Delivers one batch, however long the store is away. */
export async function deliverPatiently<B>(
  deliver: Deliver<B>,
  entry: { readonly batch: B; readonly source: string; readonly sequence: number; readonly items: number },
  { clock, log, signal, backlog, note, storeAway }: Delivery,
): Promise<'delivered' | 'refused' | 'stopped'> {
  const { batch, source, sequence, items } = entry;
  let refusals = 0;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await deliver(batch, { source, sequence });
      if (tries > 0) storeAway.over('the store takes batches again', { backlog: backlog() });
      note(false);
      return 'delivered';
    } catch (thrown) {
      const error = toAppError(thrown);
      if (tries === 0) {
        storeAway.tell('the store takes no batches; they are kept', { code: error.code, err: error.message });
      }
      note(true);
      if (error.code === 'internal' && ++refusals >= MAX_REFUSALS) {
        log.error({ err: error.message, items }, 'a batch is given up: the store refuses it');
        return 'refused';
      }
      const pause = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0;
      await clock.sleep(Math.max(pause, error.retryAfterMs), signal).catch(() => undefined);
    }
  }
  return 'stopped';
}
