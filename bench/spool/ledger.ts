// What a run must give an account of: every poll that was accepted, when, by which life of the process, and what of it is
// stored.
import { readFileSync } from 'node:fs';

/** A poll that was accepted. */
interface Entry {
  readonly key: string;
  readonly at: number;
  readonly life: string;
}

export interface Ledger {
  readonly accepted: readonly Entry[];
  /** Ends of the process: when, and at which point; `random` where somebody else's. */
  readonly kills: readonly { readonly at: number; readonly point: string }[];
}

export function readLedger(file: string): Ledger {
  const accepted: Entry[] = [];
  const kills: { at: number; point: string }[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [first = '', slot, at, life] = line.split(' ');
    if (first === '#') kills.push({ at: Number(slot), point: at ?? '' });
    // The last line of a life may be torn, its poll was accepted all the same; without an instant it is none.
    else if (life !== undefined) accepted.push({ key: `${first} ${slot}`, at: Number(at), life });
  }
  return { accepted, kills };
}

export interface Account {
  readonly accepted: number;
  readonly stored: number;
  readonly lost: number;
  readonly doubled: number;
  /** Stored and never accepted: the last ticks before a kill may not have come into the ledger. */
  readonly unknown: number;
  /** Lost, and accepted longer than 500 ms before the end of its life. */
  readonly lostEarlier: number;
  readonly oldestLostMs: number;
  /** Lives in which something was stored that was accepted after something lost. */
  readonly holes: number;
}

/** `stored`: how often each poll is stored. */
export function account({ accepted, kills }: Ledger, stored: ReadonlyMap<string, number>): Account {
  const lost = accepted.filter(({ key }) => !stored.has(key));
  /** How long a poll had been accepted when its process ended. */
  const age = ({ at }: Entry) => Math.min(...kills.filter((kill) => kill.at >= at - 50).map((kill) => kill.at - at));
  const ages = lost.map(age);
  const known = new Set(accepted.map(({ key }) => key));
  const lives = Map.groupBy(accepted, ({ life }) => life);
  const holes = [...lives.values()].filter((own) => {
    const first = own.findIndex(({ key }) => !stored.has(key));
    return first >= 0 && own.slice(first).some(({ key }) => stored.has(key));
  });
  return {
    accepted: accepted.length,
    stored: stored.size,
    lost: lost.length,
    doubled: [...stored.values()].filter((n) => n > 1).length,
    unknown: [...stored.keys()].filter((key) => !known.has(key)).length,
    lostEarlier: ages.filter((ms) => ms > 500).length,
    oldestLostMs: Math.max(0, ...ages.filter(Number.isFinite)),
    holes: holes.length,
  };
}
