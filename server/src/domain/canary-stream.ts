/** One canary that came through: number `sequence` since start `boot` of whoever sends them. */
export interface CanarySighting {
  readonly boot: number;
  readonly sequence: number;
  /** Epoch ms, by one clock with `seenAt`. */
  readonly sentAt: number;
}

/** Numbers that have not come, though a later one has. */
interface Gap {
  readonly from: number;
  readonly to: number;
  /** When the last one before it was sent, and the later one that showed it. */
  readonly since: number;
  readonly shownBy: number;
}

export interface CanaryStream {
  readonly boot: number;
  /** All below it have come, are missed, or were before we looked. */
  readonly next: number;
  readonly newestSentAt: number;
  readonly gaps: readonly Gap[];
}

/** A path has moved on by so much without a number: it is lost. What waits in a spool does not move on. */
export const GAP_MS = 20_000;
/** A stream that jumps by more is taken up anew: nobody has looked for hours. */
const JUMP_MAX = 200_000;

/** From when on it is worth looking for more of a stream. */
export function lookFrom({ gaps, newestSentAt }: CanaryStream): number {
  return gaps.reduce((earliest, { since }) => Math.min(earliest, since), newestSentAt);
}

export interface CanaryNews {
  readonly stream: CanaryStream;
  /** True for a number that was not seen before. */
  readonly isNew: boolean;
  /** How many are given up with this one. */
  readonly lost: number;
}

function begin({ boot, sequence, sentAt }: CanarySighting): CanaryStream {
  return { boot, next: sequence + 1, newestSentAt: sentAt, gaps: [] };
}

/** The gaps without one number; undefined when it is in none. */
function without(gaps: readonly Gap[], { sequence, sentAt }: CanarySighting): Gap[] | undefined {
  const at = gaps.findIndex(({ from, to }) => from <= sequence && sequence <= to);
  const gap = gaps[at];
  if (!gap) return undefined;
  const rest = [
    { ...gap, to: sequence - 1 },
    { ...gap, from: sequence + 1, since: sentAt },
  ].filter(({ from, to }) => from <= to);
  return [...gaps.slice(0, at), ...rest, ...gaps.slice(at + 1)];
}

/**
 * Takes in one canary. Lost is what is still missing when a canary comes that was sent 20 s after the one that showed the gap: while nothing
 * comes, nothing is lost, it is late. A sender that starts anew begins at 0; what was on its way in its memory then is not missed, since
 * nobody can know of it.
 */
export function seeCanary(stream: CanaryStream | undefined, sighting: CanarySighting): CanaryNews {
  const { boot, sequence, sentAt } = sighting;
  if (!stream || boot > stream.boot) {
    // The first that is seen of a new start need not be its first; the first that we ever see tells of none before.
    const before = { from: 0, to: sequence - 1, since: stream?.newestSentAt ?? sentAt, shownBy: sentAt };
    const fresh = stream && sequence > 0 && sequence < JUMP_MAX ? [before] : [];
    return { stream: { ...begin(sighting), gaps: fresh }, isNew: true, lost: 0 };
  }
  if (boot < stream.boot) return { stream, isNew: false, lost: 0 };
  if (sequence < stream.next) {
    const gaps = without(stream.gaps, sighting);
    return gaps ? { stream: { ...stream, gaps }, isNew: true, lost: 0 } : { stream, isNew: false, lost: 0 };
  }
  if (sequence - stream.next > JUMP_MAX) return { stream: begin(sighting), isNew: true, lost: 0 };
  const newestSentAt = Math.max(stream.newestSentAt, sentAt);
  const opened = { from: stream.next, to: sequence - 1, since: stream.newestSentAt, shownBy: sentAt };
  const all = sequence > stream.next ? [...stream.gaps, opened] : stream.gaps;
  const gaps = all.filter(({ shownBy }) => newestSentAt - shownBy < GAP_MS);
  const missed = all.filter(({ shownBy }) => newestSentAt - shownBy >= GAP_MS);
  const lost = missed.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return { stream: { boot, next: sequence + 1, newestSentAt, gaps }, isNew: true, lost };
}
