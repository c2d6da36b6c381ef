import { MAX_REQUEST_ID, MIN_REQUEST_ID } from '#protocols/snmp/request.ts';

/** Ids whose fate is remembered, to tell late from duplicate from forged; a power of two. */
const REMEMBERED = 1 << 16;
const FATE = { open: 0, answered: 1, abandoned: 2 } as const;

/** Request ids: each used once in two thousand million, none to be guessed from outside. */
export interface Ids {
  next(): number;
  /** The request with that id has ended. */
  end(id: number, answered: boolean): void;
  /** Why a datagram with an id that no request waits for is dropped. */
  fateOf(id: number): 'duplicate' | 'late' | 'unknown_id';
}

/** Starts at an id drawn by `random` (0 <= x < 1) and counts up. */
export function createIds(random: () => number): Ids {
  const span = MAX_REQUEST_ID - MIN_REQUEST_ID + 1;
  const fates = new Uint8Array(REMEMBERED);
  let last = MIN_REQUEST_ID + Math.floor(random() * span);
  let issued = 0;
  return {
    next() {
      last = last >= MAX_REQUEST_ID ? MIN_REQUEST_ID : last + 1;
      issued += 1;
      fates[last & (REMEMBERED - 1)] = FATE.open;
      return last;
    },
    end(id, answered) {
      fates[id & (REMEMBERED - 1)] = answered ? FATE.answered : FATE.abandoned;
    },
    fateOf(id) {
      const age = last >= id ? last - id : last - id + span;
      if (id < MIN_REQUEST_ID || age >= Math.min(issued, REMEMBERED)) return 'unknown_id';
      return fates[id & (REMEMBERED - 1)] === FATE.answered ? 'duplicate' : 'late';
    },
  };
}
