import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';

const EVERY_MS = 30_000;

export interface Complaint {
  tell(what: string, facts: object): void;
  /** It is over: said when the trouble was. */
  over(what: string, facts: object): void;
}

/** Says what is wrong around a spool. What goes wrong here goes wrong again and again: it is told twice a minute. */
export function createComplaint(deps: {
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly level: 'warn' | 'error';
}): Complaint {
  const { dir, clock, log, level } = deps;
  let toldAt = Number.NEGATIVE_INFINITY;
  let open = false;
  return {
    tell(what, facts) {
      if (clock.monotonic() - toldAt < EVERY_MS) return;
      toldAt = clock.monotonic();
      open = true;
      log[level]({ dir, ...facts }, what);
    },
    over(what, facts) {
      if (open) log.info({ dir, ...facts }, what);
      open = false;
    },
  };
}
