import type { Clock } from '#platform/clock.ts';
import type { Fault } from '#collectors/collector.ts';
import type { SnmpReader, WalkLimits } from '#collectors/snmp/reader.ts';
import { compareOids } from '#protocols/snmp/oid.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { askEach } from './operations.ts';
import type { Session } from './session.ts';
import { walkColumns } from './walk.ts';
import type { WalkBounds } from './walk.ts';

const MAX_FAULTS = 50;

/** What one walk may cost at most, whatever the device does. */
const BOUNDS: WalkBounds = { maxVarbinds: 50_000, maxOctets: 8 << 20, maxMs: 20_000, maxRepetitions: 30 };

export interface ReaderDeps {
  readonly session: Session;
  readonly clock: Clock;
  readonly maxRepetitions: number;
}

/** Reads a device for facts over its session. */
export function createSnmpReader({ session, clock, maxRepetitions }: ReaderDeps): SnmpReader {
  const faults: Fault[] = [];

  async function walkInto(
    roots: readonly string[],
    limits: WalkLimits,
    take: (column: number, varbind: SnmpVarbind) => void,
  ): Promise<void> {
    await walkColumns(roots, {
      session,
      clock,
      bounds: { ...BOUNDS, maxRepetitions, maxVarbinds: limits.maxVarbinds ?? BOUNDS.maxVarbinds },
      fault: (fault) => {
        if (faults.length < MAX_FAULTS) faults.push(fault);
      },
      take,
    });
  }

  return {
    faults,
    get: (oids) => askEach(session, PduType.get, oids),
    next: (oids) => askEach(session, PduType.getNext, oids),

    async walk(root, limits = {}) {
      const varbinds: SnmpVarbind[] = [];
      await walkInto([root], limits, (_, varbind) => varbinds.push(varbind));
      return varbinds;
    },

    async table(columns, limits = {}) {
      const rows = new Map<string, (SnmpVarbind | null)[]>();
      await walkInto(columns, limits, (column, varbind) => {
        const index = varbind.oid.slice((columns[column]?.length ?? 0) + 1);
        let cells = rows.get(index);
        if (!cells) {
          cells = columns.map(() => null);
          rows.set(index, cells);
        }
        cells[column] = varbind;
      });
      return new Map([...rows].toSorted(([a], [b]) => compareOids(a, b)));
    },
  };
}
