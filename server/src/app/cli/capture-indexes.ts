/** Addresses in an index: where they begin, counted in arcs, and their octets. */
export interface Run {
  readonly at: number;
  readonly octets: Uint8Array;
  /** True when the table's definition says that it is an address; else it merely looks like one that is known. */
  readonly told: boolean;
}

/** Tables whose index holds an IPv4 address at this arc behind their entry (RFC 1213, 4293, 4022, 4113, 4273). */
const FIXED: readonly (readonly [entry: string, ...at: number[]])[] = [
  ['1.3.6.1.2.1.4.20.1', 1],
  ['1.3.6.1.2.1.4.21.1', 1],
  ['1.3.6.1.2.1.4.22.1', 2],
  ['1.3.6.1.2.1.3.1.1', 3],
  ['1.3.6.1.2.1.4.24.4.1', 1, 10],
  ['1.3.6.1.2.1.6.13.1', 1, 6],
  ['1.3.6.1.2.1.7.5.1', 1],
  ['1.3.6.1.2.1.15.3.1', 1],
];
/** Tables with InetAddressType, length and InetAddress somewhere in their index. */
const INET = ['4.24.7', '4.31', '4.32', '4.34', '4.35', '4.37', '4.39', '6.19', '6.20', '7.7']
  .map((table) => `1.3.6.1.2.1.${table}.`)
  .concat(['1.0.8802.1.1.2.1.3.8.', '1.0.8802.1.1.2.1.4.2.', '1.3.111.2.802.1.1.13.1.3.8.'])
  .concat(['1.3.111.2.802.1.1.13.1.4.2.', '1.3.6.1.4.1.9.10.86.', '1.3.6.1.4.1.9.9.187.1.2.5.']);
/** Forwarding tables that hold a MAC address at this arc behind their entry. */
const MAC_FIXED: readonly (readonly [entry: string, at: number])[] = [
  ['1.3.6.1.2.1.17.4.3.1', 1],
  ['1.3.6.1.2.1.17.7.1.2.2.1', 2],
  ['1.3.6.1.2.1.17.7.1.2.3.1', 2],
];
/** No index begins before this arc: 1.3.6.1.2.1, group, table, entry, column. */
const FIRST = 10;

function arcsOf(oid: string): number[] {
  return oid.split('.').map(Number);
}

function octetsAt(arcs: readonly number[], at: number, length: number): Uint8Array | null {
  if (at + length > arcs.length) return null;
  const part = arcs.slice(at, at + length);
  return part.every((arc) => arc <= 255) ? Uint8Array.from(part) : null;
}

/** The IP addresses in an OID, those of known tables first; of other places only what `isKnown` knows. */
export function ipRuns(oid: string, isKnown: (octets: Uint8Array) => boolean = () => false): Run[] {
  const arcs = arcsOf(oid);
  const runs: Run[] = [];
  const add = (at: number, length: number, told: boolean): void => {
    const octets = octetsAt(arcs, at, length);
    if (octets && !runs.some((run) => at < run.at + run.octets.length && run.at < at + length)) {
      if (told || isKnown(octets)) runs.push({ at, octets, told });
    }
  };
  for (const [entry, ...places] of FIXED) {
    if (!oid.startsWith(`${entry}.`)) continue;
    for (const place of places) add(arcsOf(entry).length + place, 4, true);
  }
  const inet = INET.find((table) => oid.startsWith(table));
  if (inet) {
    for (let at = arcsOf(inet).length; at + 2 < arcs.length; at++) {
      const [type = 0, length = 0] = [arcs[at], arcs[at + 1]];
      if ((type === 1 || type === 3) && (length === 4 || length === 8)) add(at + 2, 4, true);
      else if ((type === 2 || type === 4) && (length === 16 || length === 20)) add(at + 2, 16, true);
    }
  }
  const standard = oid.startsWith('1.3.6.1.2.1.') || oid.startsWith('1.0.8802.');
  for (let at = FIRST; at + 16 <= arcs.length; at++) add(at, 16, false);
  // A vendor's column may look like an address of the device (9.9.10.1.1.1): there only the end of an OID counts.
  for (let at = standard ? FIRST : Math.max(FIRST, arcs.length - 4); at + 4 <= arcs.length; at++) {
    if (arcs.slice(at, at + 4).some((arc) => arc >= 10)) add(at, 4, false);
  }
  return runs;
}

/** The MAC addresses in an OID, those of forwarding tables first; elsewhere only what `isKnown` knows. */
export function macRuns(oid: string, isKnown: (octets: Uint8Array) => boolean = () => false): Run[] {
  const arcs = arcsOf(oid);
  for (const [entry, place] of MAC_FIXED) {
    if (!oid.startsWith(`${entry}.`)) continue;
    const at = arcsOf(entry).length + place;
    const octets = octetsAt(arcs, at, 6);
    return octets ? [{ at, octets, told: true }] : [];
  }
  for (let at = FIRST; at + 6 <= arcs.length; at++) {
    const octets = octetsAt(arcs, at, 6);
    if (octets && isKnown(octets)) return [{ at, octets, told: false }];
  }
  return [];
}
