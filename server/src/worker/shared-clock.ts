import type { Clock } from '#platform/clock.ts';

/**
 * The database's clock as this process knows it: carried on by the monotonic clock between two looks, so that a jump of
 * this machine's wall clock moves nothing by itself. All processes plan and poll by it, whatever their machines think.
 */
export interface SharedClock {
  /** Epoch ms. */
  now(): number;
  /** Takes in what the database said its clock was, asked at the monotonic instant `askedAt` and answered now. */
  sync(remoteNow: number, askedAt: number): void;
}

/** A look that differs by less than this is as good as the last one; it would only add jitter. */
const NOISE_MS = 5;

export function createSharedClock(clock: Clock): SharedClock {
  let anchor = clock.now();
  let anchoredAt = clock.monotonic();
  return {
    now: () => anchor + (clock.monotonic() - anchoredAt),
    sync(remoteNow, askedAt) {
      const answeredAt = clock.monotonic();
      const at = (askedAt + answeredAt) / 2;
      const uncertain = (answeredAt - askedAt) / 2;
      const ours = anchor + (at - anchoredAt);
      const difference = remoteNow - ours;
      if (Math.abs(difference) < NOISE_MS + uncertain) return;
      // No further than what was said proves: whoever stood still for seconds before he read the answer would else trust
      // the middle of a time at whose very beginning it was given, and poll seconds too early.
      anchor = ours + Math.sign(difference) * (Math.abs(difference) - uncertain);
      anchoredAt = at;
    },
  };
}
