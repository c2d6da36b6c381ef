/** A secret that a device may be asked with. */
export interface TrialCandidate {
  readonly id: string;
  /** Secrets of one credential share it: while one is rotated in, both are asked together. */
  readonly credential: string;
  /** The account that a device may lock after some refusals; null where there is none (a community). */
  readonly account: string | null;
}

/** What was tried on a device so far and did not help. */
export interface Trials {
  /** Rounds since the last answer. */
  readonly rounds: number;
  /** Other credentials than the usual one are not asked before. */
  readonly nextRoundAt: number;
  /** Where the next round goes on, so that all get their turn. */
  readonly cursor: number;
  readonly refused: ReadonlyMap<string, { readonly times: number; readonly until: number }>;
}

export const NO_TRIALS: Trials = { rounds: 0, nextRoundAt: Number.NEGATIVE_INFINITY, cursor: 0, refused: new Map() };

/** Credentials besides the usual one that a round asks at most: a device is not a lock to be picked. */
export const MOST_OTHERS = 4;
/** Attempts at one account in a round at most: locks close after three. */
export const MOST_PER_ACCOUNT = 2;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
const FIRST_REFUSAL_MS = 3_600_000;
const LONGEST_REFUSAL_MS = 24 * 3_600_000;

/**
 * Whom to ask now, in order. The usual one (that which answered last, else the first) always; the other secret of the
 * same credential with it; others when a round is due. An account that refused us is left alone for an hour and more.
 */
export function planRound(
  candidates: readonly TrialCandidate[],
  lastGood: string | undefined,
  trials: Trials,
  now: number,
): TrialCandidate[] {
  const usual = candidates.find(({ id }) => id === lastGood) ?? candidates[0];
  if (!usual) return [];
  const round = [usual, ...candidates.filter((one) => one !== usual && one.credential === usual.credential)];
  if (now < trials.nextRoundAt) return round;
  const others = candidates.filter((one) => !round.includes(one));
  const perAccount = new Map<string, number>();
  const count = ({ account }: TrialCandidate) => {
    if (account !== null) perAccount.set(account, (perAccount.get(account) ?? 0) + 1);
  };
  for (const one of round) count(one);
  let asked = 0;
  for (let i = 0; i < others.length && asked < MOST_OTHERS; i++) {
    const one = others[(trials.cursor + i) % others.length];
    if (!one || (trials.refused.get(one.id)?.until ?? now) > now) continue;
    if (one.account !== null && (perAccount.get(one.account) ?? 0) >= MOST_PER_ACCOUNT) continue;
    count(one);
    round.push(one);
    asked++;
  }
  return round;
}

/**
 * What is known after a round in which nobody answered. `round`: who was really asked. `refusals`: who was refused in so
 * many words, not just by silence. The next round comes after a pause that doubles from a minute to a quarter of an hour, jittered by `random`
 * (0 <= x < 1).
 */
export function afterRound(
  trials: Trials,
  round: readonly TrialCandidate[],
  refusals: ReadonlySet<string>,
  now: number,
  random: number,
): Trials {
  const refused = new Map(trials.refused);
  for (const { id, account } of round) {
    if (account === null || !refusals.has(id)) continue;
    const times = (refused.get(id)?.times ?? 0) + 1;
    refused.set(id, { times, until: now + Math.min(FIRST_REFUSAL_MS * 2 ** (times - 1), LONGEST_REFUSAL_MS) });
  }
  if (now < trials.nextRoundAt) return { ...trials, refused };
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(trials.rounds, 10), LONGEST_PAUSE_MS);
  return {
    rounds: trials.rounds + 1,
    nextRoundAt: now + pause * (0.75 + random / 2),
    cursor: trials.cursor + Math.max(1, round.length - 1),
    refused,
  };
}
