import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { compareOids, isBelow } from '#protocols/snmp/oid.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';

/** Names asked at once: about what one datagram holds. */
const AT_ONCE = 48;

/**
 * What GETNEXT answers below each of the names, for those that the device has anything below. Profiles ask for a thousand
 * names, and a device has few of them: an answer also tells that nothing lies between the name and it, so that only a
 * few of the others, spread over all, need be asked.
 */
export async function firstBelow(
  reader: Pick<SnmpReader, 'next'>,
  names: Iterable<string>,
): Promise<Map<string, SnmpVarbind>> {
  const found = new Map<string, SnmpVarbind>();
  let open = [...new Set(names)].toSorted(compareOids);
  while (open.length > 0) {
    const step = Math.max(1, open.length / AT_ONCE);
    const asked = new Map<number, string>();
    for (let place = 0; place < open.length; place += step) {
      const i = Math.floor(place);
      asked.set(i, open[i] ?? '');
    }
    const answers = await reader.next([...asked.values()]);
    const gaps = new Map([...asked.keys()].map((i, n) => [i, answers[n] ?? null] as const));
    const left: string[] = [];
    let last: SnmpVarbind | null = null;
    for (const [i, name] of open.entries()) {
      const answer = gaps.get(i);
      const isAsked = answer !== undefined;
      // An agent that does not go forward says nothing about the names behind.
      if (isAsked) last = answer !== null && compareOids(answer.oid, name) > 0 ? answer : null;
      const next = isAsked ? answer : last;
      if (next !== null && isBelow(next.oid, name)) found.set(name, next);
      else if (!isAsked && (last === null || compareOids(name, last.oid) > 0)) left.push(name);
    }
    open = left;
  }
  return found;
}
