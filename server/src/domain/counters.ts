const WRAP_32 = 2 ** 32;

/** No interface, and no bundle of them, moves more units a second than this; what claims to is garbage. */
export const MAX_PLAUSIBLE_RATE = 2e12;

/** Readings that are further apart say nothing about the time between them. */
export const MAX_SPAN_MS = 25 * 3_600_000;

/** Without an earlier rate to compare with, a 32-bit wrap is believed up to half of the counter's range. */
const MAX_FIRST_WRAP = 2 ** 31;

/** A fall from so near the top to so near zero is a wrap whatever the pace was. */
const SURE_WRAP = 2 ** 27;

/** How much faster than just before a counter may have run for a fall to be believed a wrap rather than a reset. */
const WRAP_RATE_FACTOR = 8;

export interface CounterStep {
  readonly previous: number;
  readonly current: number;
  /** True time between the two readings. */
  readonly spanMs: number;
  /** The device restarted between the two: counters began anew. */
  readonly restarted: boolean;
  /** Units per second just before, when known: what a wrap is weighed against. */
  readonly rateBefore: number | null;
  /** The most that the thing counted can do in a second (an interface's speed in octets), when known. */
  readonly maxRate?: number;
}

/**
 * How much a counter grew between two readings, or null when nobody can know: the device restarted, the counter fell
 * (RFC 2578 section 7.1.6: it wraps at 2^32 if it is a Counter32; a Counter64 does not wrap in practice, so it was
 * reset), time stood still, or the growth is beyond reason. Never negative.
 */
export function counterIncrease(step: CounterStep): number | null {
  if (step.restarted) return null;
  const { previous, current, spanMs, rateBefore, maxRate = MAX_PLAUSIBLE_RATE } = step;
  const increase = increaseOf(previous, current, spanMs, rateBefore ?? Number.NaN, maxRate);
  return increase === increase ? increase : null;
}

/** `counterIncrease` of readings without a restart, in bare numbers, for millions of them: NaN stands for null. */
export function increaseOf(
  previous: number,
  current: number,
  spanMs: number,
  rateBefore: number,
  maxRate: number = MAX_PLAUSIBLE_RATE,
): number {
  if (!(spanMs > 0) || spanMs > MAX_SPAN_MS) return Number.NaN;
  if (!(previous >= 0) || !(current >= 0)) return Number.NaN;
  const seconds = spanMs / 1000;
  if (current >= previous) {
    const increase = current - previous;
    return increase / seconds <= maxRate ? increase : Number.NaN;
  }
  if (previous >= WRAP_32) return Number.NaN;
  const wrapped = current + WRAP_32 - previous;
  if (wrapped / seconds > maxRate) return Number.NaN;
  // A counter that was cleared falls too. It wrapped if that means growth of about the pace it had.
  const believed =
    rateBefore === rateBefore ? Math.max(SURE_WRAP, rateBefore * seconds * WRAP_RATE_FACTOR) : MAX_FIRST_WRAP;
  return wrapped <= believed ? wrapped : Number.NaN;
}
