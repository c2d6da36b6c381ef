import { isWordCode } from '#domain/log-filter.ts';

/**
 * Words of lines as numbers below 2^21. So few that the index of a day stays small; two words that share a number only
 * cost looking at a block in vain.
 */
export const BUCKETS = 1 << 21;

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
const DOT = 46;
const COLON = 58;
const DASH = 45;

function finish(hash: number): number {
  let h = hash ^ (hash >>> 15);
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  return (h >>> 0) & (BUCKETS - 1);
}

function isHex(code: number): boolean {
  const lower = code | 32;
  return (code >= 48 && code <= 57) || (lower >= 97 && lower <= 102);
}

/** Groups of an address that make one token: four of `10.0.0.1`, six of `00:11:22:33:44:55`. */
function groupsOf(joiner: number): number {
  return joiner === DOT ? 4 : 6;
}

/** The number of a named thing: `device`, `7`. */
export function attributeToken(name: string, value: string): number {
  let hash = Math.imul(OFFSET ^ 1, PRIME);
  const text = `${name}\u0001${value}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return finish(hash);
}

/**
 * The number of a field's value. Fields are asked for by their whole name or by its last part, so that is what counts:
 * `ip` finds `origin@32473.ip`. Case counts in neither.
 */
export function fieldToken(name: string, value: string): number {
  return attributeToken(`field:${name.slice(name.lastIndexOf('.') + 1).toLowerCase()}`, value.toLowerCase());
}

const starts = new Int32Array(6);

/**
 * Calls `add` with the number of every word in the bytes from `begin` to `end`, without regard to the case of ASCII letters; and of every
 * address, whose single groups would be in every block.
 */
export function eachToken(bytes: Uint8Array, add: (token: number) => void, begin = 0, end = bytes.length): void {
  let groups = 0;
  let joiner = 0;
  let previousEnd = -2;
  let previousHex = false;
  for (let i = begin; i < end;) {
    if (!isWordCode(bytes[i]!)) {
      i++;
      continue;
    }
    const start = i;
    let hash = OFFSET;
    let hex = true;
    for (; i < end; i++) {
      let code = bytes[i]!;
      if (!isWordCode(code)) break;
      if (code >= 65 && code <= 90) code |= 32;
      hash = Math.imul(hash ^ code, PRIME);
      if (hex && !isHex(code)) hex = false;
    }
    add(finish(hash));
    const between = start > begin ? bytes[start - 1]! : 0;
    const joined =
      hex && previousHex && previousEnd === start - 1 && (between === DOT || between === COLON || between === DASH);
    if (joined && (groups === 1 || between === joiner)) groups++;
    else if (joined) {
      starts[0] = starts[(groups - 1) % 6]!;
      groups = 2;
    } else groups = 1;
    joiner = between;
    starts[(groups - 1) % 6] = start;
    const wanted = groupsOf(joiner);
    if (joined && groups >= wanted) add(addressToken(bytes, starts[(groups - wanted) % 6]!, i));
    previousEnd = i;
    previousHex = hex;
  }
}

function addressToken(bytes: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(OFFSET ^ 2, PRIME);
  for (let i = start; i < end; i++) {
    let code = bytes[i]!;
    if (code >= 65 && code <= 90) code |= 32;
    hash = Math.imul(hash ^ code, PRIME);
  }
  return finish(hash);
}

/** A set of tokens that is filled and emptied for block after block. */
export function createTokenSet() {
  const seen = new Uint8Array(BUCKETS >> 3);
  let found = new Uint32Array(16_384);
  let count = 0;
  return {
    add(token: number): void {
      const bit = 1 << (token & 7);
      if ((seen[token >> 3]! & bit) !== 0) return;
      seen[token >> 3]! |= bit;
      if (count === found.length) {
        const larger = new Uint32Array(count * 2);
        larger.set(found);
        found = larger;
      }
      found[count++] = token;
    },
    /** All tokens since the last call, ascending. */
    take(): Uint32Array {
      const taken = found.slice(0, count);
      for (const token of taken) seen[token >> 3] = 0;
      count = 0;
      return taken.sort();
    },
  };
}
