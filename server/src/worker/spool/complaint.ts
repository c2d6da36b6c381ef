import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';

const EVERY_MS = 30_000;

/** Says what is wrong with a spool. What goes wrong here goes wrong again and again: it is told twice a minute. */
export function createComplaint(deps: { readonly dir: string; readonly clock: Clock; readonly log: Log }) {
  const { dir, clock, log } = deps;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (what: string, facts: object): void => {
    if (clock.monotonic() - toldAt < EVERY_MS) return;
    toldAt = clock.monotonic();
    log.error({ dir, ...facts }, what);
  };
}
