import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { compareOctets, encodeOid } from '@sotp/server/protocols/snmp/oid.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';

/** A value that the agent works out when it is asked: a number, or the octets of a string. */
export type Changing<Device> =
  | { readonly tag: SnmpType; readonly number: (device: Device, nowMs: number) => number }
  | { readonly tag: SnmpType; readonly octets: (device: Device, nowMs: number) => Uint8Array };

/** One variable: its name as octets or dotted, and its value, encoded with tag and length, or worked out. */
export interface Variable<Device> {
  readonly oid: string | Uint8Array;
  readonly value: Uint8Array | Changing<Device>;
}

/**
 * Variables in the order of their names, in few big arrays: a fleet shares one, and two million recorded variables fit
 * into memory. Entry `i` lies in `bytes[starts[i], starts[i + 1])`: the name with tag and length, ending at
 * `nameEnds[i]`, then the value, unless `changing[i]` works it out.
 */
export interface Mib<Device> {
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly nameEnds: Uint32Array;
  readonly tags: Uint8Array;
  readonly changing: readonly (Changing<Device> | undefined)[];
}

/** Puts variables in order; of two with the same name the first counts. */
export function buildMib<Device>(variables: Iterable<Variable<Device>>): Mib<Device> {
  const entries: { name: Uint8Array; value: Variable<Device>['value'] }[] = [];
  let ordered = true;
  let previous: Uint8Array | null = null;
  for (const { oid, value } of variables) {
    const name = typeof oid === 'string' ? encodeOid(oid) : oid;
    if (previous !== null && ordered) ordered = compareOctets(previous, name) < 0;
    entries.push({ name, value });
    previous = name;
  }
  if (!ordered) entries.sort((a, b) => compareOctets(a.name, b.name));
  const kept = ordered
    ? entries
    : entries.filter(({ name }, i) => i === 0 || compareOctets(entries[i - 1]?.name ?? name, name) !== 0);

  const starts = new Uint32Array(kept.length + 1);
  const nameEnds = new Uint32Array(kept.length);
  const tags = new Uint8Array(kept.length);
  const changing: (Changing<Device> | undefined)[] = [];
  let octets = 0;
  kept.forEach(({ name, value }, i) => {
    starts[i] = octets;
    nameEnds[i] = octets + (name.length < 0x80 ? 2 : 3) + name.length;
    octets = (nameEnds[i] ?? 0) + (value instanceof Uint8Array ? value.length : 0);
  });
  starts[kept.length] = octets;
  const bytes = new Uint8Array(octets);
  kept.forEach(({ name, value }, i) => {
    const start = starts[i] ?? 0;
    const nameEnd = nameEnds[i] ?? 0;
    bytes[start] = 0x06;
    if (name.length >= 0x80) bytes[start + 1] = 0x81;
    bytes[nameEnd - name.length - 1] = name.length;
    bytes.set(name, nameEnd - name.length);
    if (value instanceof Uint8Array) {
      bytes.set(value, nameEnd);
      tags[i] = value[0] ?? 0;
    } else {
      changing[i] = value;
      tags[i] = value.tag;
    }
  });
  return { size: kept.length, bytes, starts, nameEnds, tags, changing };
}

/** Where the octets of the name of variable `i` begin. */
export function nameStart(mib: Mib<never>, i: number): number {
  const start = mib.starts[i] ?? 0;
  return start + (mib.bytes[start + 1] === 0x81 ? 3 : 2);
}

/** The first variable whose name is not before the name in `octets[start, end)`; the size of the MIB when there is none. */
export function lowerBound(mib: Mib<never>, octets: Uint8Array, start: number, end: number): number {
  let low = 0;
  let high = mib.size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOctets(mib.bytes, octets, nameStart(mib, middle), mib.nameEnds[middle], start, end) < 0)
      low = middle + 1;
    else high = middle;
  }
  return low;
}

/** True when variable `i` has exactly the name in `octets[start, end)`. */
export function isNamed(mib: Mib<never>, i: number, octets: Uint8Array, start: number, end: number): boolean {
  return i < mib.size && compareOctets(mib.bytes, octets, nameStart(mib, i), mib.nameEnds[i], start, end) === 0;
}

const writer = new BerWriter(256);

/** A number with its tag and length. */
export function encodeNumber(tag: SnmpType, value: number | bigint): Uint8Array {
  writer.reset();
  if (tag === SnmpType.integer) writer.signed(Number(value));
  else writer.unsigned(value, tag);
  return Uint8Array.from(writer.view());
}

/** Octets with their tag and length; text goes as UTF-8. */
export function encodeOctets(value: string | Uint8Array, tag: SnmpType = SnmpType.octetString): Uint8Array {
  writer.reset();
  writer.octets(typeof value === 'string' ? Buffer.from(value, 'utf8') : value, tag);
  return Uint8Array.from(writer.view());
}

/** An object identifier with its tag and length. Throws `validation_failed`. */
export function encodeOidValue(dotted: string): Uint8Array {
  return encodeOctets(encodeOid(dotted), SnmpType.oid);
}
