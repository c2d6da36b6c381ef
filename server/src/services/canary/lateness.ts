/** A canary that has come; epoch ms of one clock. */
export interface Arrival {
  readonly sentAt: number;
  readonly seenAt: number;
}

export interface Lateness {
  came(stream: string, arrival: Arrival): void;
  /** Whoever sends on the stream stood still, or was not there, from one instant to the other. */
  paused(stream: string, from: number, to: number): void;
  /** Judges what has waited for long. */
  settle(now: number): void;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whoever comes within this is judged at once. */
const PROMPT_MS = 3_000;
/** Who is late is judged when a canary comes that was sent after he was seen, or after this. */
const PATIENCE_MS = 15_000;
/** Nothing is looked for that is older. */
const KEEP_MS = 3_600_000;

/**
 * How long canaries were under way, without the time in which their own collector did not run: then they waited in its
 * memory or its spool, and so would anything, and nobody was slow. That it did not run is seen only by the canaries that
 * come after; so whoever is late waits for them.
 */
export function createLateness(judge: (arrival: Arrival, ms: number) => void): Lateness {
  const streams = new Map<string, { pauses: Span[]; waiting: Arrival[] }>();

  function of(stream: string) {
    let found = streams.get(stream);
    if (!found) streams.set(stream, (found = { pauses: [], waiting: [] }));
    return found;
  }

  function say(pauses: readonly Span[], arrival: Arrival): void {
    const { sentAt, seenAt } = arrival;
    const apart = pauses.reduce(
      (sum, { from, to }) => sum + Math.max(0, Math.min(to, seenAt) - Math.max(from, sentAt)),
      0,
    );
    judge(arrival, Math.max(0, seenAt - sentAt - apart));
  }

  return {
    came(stream, arrival) {
      const known = of(stream);
      const told = known.waiting.filter(({ seenAt }) => seenAt <= arrival.sentAt);
      if (told.length > 0) known.waiting = known.waiting.filter(({ seenAt }) => seenAt > arrival.sentAt);
      for (const one of told) say(known.pauses, one);
      if (arrival.seenAt - arrival.sentAt <= PROMPT_MS) say([], arrival);
      else known.waiting.push(arrival);
    },
    paused(stream, from, to) {
      const known = of(stream);
      known.pauses = [...known.pauses.filter((pause) => pause.to > to - KEEP_MS), { from, to }];
    },
    settle(now) {
      for (const known of streams.values()) {
        const told = known.waiting.filter(({ seenAt }) => now - seenAt >= PATIENCE_MS);
        if (told.length === 0) continue;
        known.waiting = known.waiting.filter(({ seenAt }) => now - seenAt < PATIENCE_MS);
        for (const one of told) say(known.pauses, one);
      }
    },
  };
}
