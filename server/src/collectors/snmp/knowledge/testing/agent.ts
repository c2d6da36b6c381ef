import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';

export type Value = number | string | Buffer | null;

/** A reader over a plain object of instances, for tests: numbers are INTEGERs, text is an OCTET STRING, "oid:…" an OID. */
export function objectReader(instances: Readonly<Record<string, Value>>): SnmpReader {
  const varbinds = Object.entries(instances)
    .map(([oid, value]): SnmpVarbind => varbindOf(oid, value))
    .toSorted((a, b) => compare(a.oid, b.oid));
  const below = (root: string): SnmpVarbind[] => varbinds.filter((varbind) => varbind.oid.startsWith(`${root}.`));
  return {
    faults: [],
    get: async (oids) => oids.map((oid) => varbinds.find((varbind) => varbind.oid === oid) ?? null),
    next: async (oids) => oids.map((oid) => varbinds.find((varbind) => compare(varbind.oid, oid) > 0) ?? null),
    walk: async (root) => below(root),
    table: async (columns) => {
      const rows = new Map<string, (SnmpVarbind | null)[]>();
      for (const [i, column] of columns.entries()) {
        for (const varbind of below(column)) {
          const index = varbind.oid.slice(column.length + 1);
          const cells = rows.get(index) ?? columns.map(() => null);
          cells[i] = varbind;
          rows.set(index, cells);
        }
      }
      return rows;
    },
  };
}

function varbindOf(oid: string, value: Value): SnmpVarbind {
  if (typeof value === 'number') return { oid, type: SnmpType.integer, value };
  if (typeof value === 'string' && value.startsWith('oid:')) return { oid, type: SnmpType.oid, value: value.slice(4) };
  if (value === null) return { oid, type: SnmpType.null, value };
  return { oid, type: SnmpType.octetString, value: Buffer.from(value) };
}

function compare(a: string, b: string): number {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? -1) - (y[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
