import type { SnmpVarbind } from '@sotp/server/protocols/snmp/value.ts';
import type { SnmpReader } from '../../server/src/collectors/snmp/reader.ts';
import { keyOf, varbindAt } from './recording.ts';
import type { Recording } from './recording.ts';

/** A reader over a recording, without a network: for tuning, where a run over all recordings should take seconds. */
export function recordingReader(recording: Recording): SnmpReader & { asked: { requests: number; varbinds: number } } {
  const { keys } = recording;
  const asked = { requests: 0, varbinds: 0 };
  const at = (key: string): number => {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const range = (root: string, most = 1e6): SnmpVarbind[] => {
    const key = keyOf(root);
    const found: SnmpVarbind[] = [];
    for (let i = at(key); i < keys.length && found.length < most; i++) {
      if (!keys[i]?.startsWith(key)) break;
      const varbind = varbindAt(recording, i);
      if (varbind && keys[i] !== key) found.push(varbind);
    }
    asked.varbinds += found.length + 1;
    asked.requests += 1 + Math.ceil(found.length / 40);
    return found;
  };
  const reader: SnmpReader = {
    faults: [],
    async get(oids) {
      asked.requests += Math.ceil(oids.length / 40);
      asked.varbinds += oids.length;
      return oids.map((oid) => {
        const [key, i] = [keyOf(oid), at(keyOf(oid))];
        return keys[i] === key ? varbindAt(recording, i) : null;
      });
    },
    async next(oids) {
      asked.requests += Math.ceil(oids.length / 40);
      asked.varbinds += oids.length;
      return oids.map((oid) => {
        const key = keyOf(oid);
        const i = at(key);
        return varbindAt(recording, keys[i] === key ? i + 1 : i);
      });
    },
    async walk(root, limits) {
      return range(root, limits?.maxVarbinds);
    },
    async table(columns, limits) {
      const rows = new Map<string, (SnmpVarbind | null)[]>();
      columns.forEach((column, c) => {
        for (const varbind of range(column, limits?.maxVarbinds)) {
          const index = varbind.oid.slice(column.length + 1);
          let row = rows.get(index);
          if (!row) rows.set(index, (row = columns.map(() => null)));
          row[c] = varbind;
        }
      });
      return rows;
    },
  };
  return { ...reader, asked };
}
