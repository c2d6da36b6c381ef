import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { compareOids, isBelow } from '#protocols/snmp/oid.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';

/** Names asked at once: about what one datagram holds. */
const AT_ONCE = 48;

/** Names once each, in the order that `firstBelow` wants. */
export function inOrder(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted(compareOids);
}

/**
 * What GETNEXT answers below each of the names, given in order, for those that the device has anything below. Profiles ask for a thousand
 * names, and a device has few of them: an answer also tells that nothing lies between the name and it, so that only a
 * few of the others, spread over all, need be asked.
 */
export async function firstBelow(
  reader: Pick<SnmpReader, 'next'>,
  names: readonly string[],
): Promise<Map<string, SnmpVarbind>> {
  const found = new Map<string, SnmpVarbind>();
  let open = names;
  while (open.length > 0) {
    const step = Math.max(1, open.length / AT_ONCE);
    const asked: number[] = [];
    for (let place = 0; place < open.length; place += step) asked.push(Math.floor(place));
    const answers = await reader.next(asked.map((i) => open[i] ?? ''));
    const left: string[] = [];
    for (const [n, i] of asked.entries()) {
      const name = open[i] ?? '';
      const answer = answers[n];
      const end = asked[n + 1] ?? open.length;
      if (answer && isBelow(answer.oid, name)) found.set(name, answer);
      // Nothing lies between the two; an agent that does not go forward says nothing about the names behind.
      const next = answer && compareOids(answer.oid, name) > 0 ? behind(open, i + 1, end, answer.oid) : i + 1;
      for (let k = i + 1; k < next; k++) {
        const other = open[k] ?? '';
        if (answer && isBelow(answer.oid, other)) found.set(other, answer);
      }
      for (let k = next; k < end; k++) left.push(open[k] ?? '');
    }
    open = left;
  }
  return found;
}

/** The first of `names[from, to)`, which are in order, that comes after `oid`; `to` when none does. */
function behind(names: readonly string[], from: number, to: number, oid: string): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOids(names[middle] ?? '', oid) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
