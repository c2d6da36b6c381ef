/** More senders than any network has; beyond it all counts start anew, rather than the memory growing. */
const SENDERS_MAX = 50_000;

/** True when the sender is still within its lines of the second; `now` is of a clock that only goes forward, in ms. */
export type RateLimit = (sender: string, now: number) => boolean;

/** Counts lines per sender and second; one look-up a line. */
export function createRateLimit(linesPerSecond: number): RateLimit {
  let counts = new Map<string, { lines: number }>();
  let second = 0;
  return (sender, now) => {
    const running = Math.floor(now / 1000);
    if (running !== second) {
      second = running;
      if (counts.size > SENDERS_MAX) counts = new Map();
      for (const count of counts.values()) count.lines = 0;
    }
    let count = counts.get(sender);
    if (count === undefined) {
      if (counts.size > SENDERS_MAX) return true;
      counts.set(sender, (count = { lines: 0 }));
    }
    count.lines++;
    return count.lines <= linesPerSecond;
  };
}
