import type { SnmpReader } from '#collectors/snmp/reader.ts';

/** Tables of the standard MIBs that SOTP's readers walk; a device has a few of them. */
const MIB_2 = (
  '2.2.1 31.1.1.1 25.3.3.1.2 25.2.3.1 47.1.1.1.1 47.1.3.2.1 99.1.1.1 4.20.1 4.34.1 55.1.8.1 ' +
  '17.7.1.4.3.1 17.7.1.4.2.1 17.1.4.1'
).split(' ');
const TABLES = MIB_2.map((tail) => `1.3.6.1.2.1.${tail}`);
const OTHERS = [
  '1.3.6.1.4.1.9.9.91.1.1.1.1',
  '1.3.6.1.4.1.9.10.86.1.1.2.1',
  '1.3.6.1.4.1.9.9.46.1.3.1.1',
  '1.3.6.1.4.1.9.9.23.1.2.1.1',
  '1.3.111.2.802.1.1.4.1.4.3.1',
  '1.3.111.2.802.1.1.13.1.4.1.1',
  '1.0.8802.1.1.2.1.4.1.1',
  '1.0.8802.1.1.2.1.4.2.1',
  '1.0.8802.1.1.2.1.3.7.1',
];

/**
 * The same reader, which does not ask for standard tables that the device does not have: one GETNEXT tells that for
 * all of them, where a walk each would cost a round trip.
 */
export async function skipAbsent(reader: SnmpReader): Promise<SnmpReader> {
  const roots = [...TABLES, ...OTHERS];
  const answers = await reader.next(roots);
  const absent = roots.filter((root, i) => !answers[i]?.oid.startsWith(`${root}.`));
  const isAbsent = (oid: string): boolean => absent.some((root) => oid === root || oid.startsWith(`${root}.`));
  return {
    faults: reader.faults,
    get: (oids) => reader.get(oids),
    next: (oids) => reader.next(oids),
    walk: async (root, limits) => (isAbsent(root) ? [] : await reader.walk(root, limits)),
    table: async (columns, limits) => {
      if (!columns.some(isAbsent)) return await reader.table(columns, limits);
      const asked = columns.filter((column) => !isAbsent(column));
      if (asked.length === 0) return new Map();
      const at = columns.map((column) => asked.indexOf(column));
      const rows = await reader.table(asked, limits);
      return new Map([...rows].map(([index, cells]) => [index, at.map((i) => cells[i] ?? null)]));
    },
  };
}
