import type { HardwareFacts, SensorFacts } from '@sotp/contract/inventory.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { planned } from './reading.ts';
import type { Reading } from './reading.ts';
import { addLimits } from './entityLimits.ts';
import { numberOf, tidy } from './values.ts';

interface SensorTable {
  readonly metric: string;
  readonly columns: readonly [type: string, scale: string, precision: string, value: string, status: string];
}

/** ENTITY-SENSOR-MIB (RFC 3433) and the older Cisco table of the same shape, which has more types. */
const TABLES: readonly SensorTable[] = [
  { metric: 'entPhySensorValue', columns: columnsOf('1.3.6.1.2.1.99.1.1.1') },
  { metric: 'entSensorValue', columns: columnsOf('1.3.6.1.4.1.9.9.91.1.1.1.1') },
];

function columnsOf(entry: string): SensorTable['columns'] {
  return [`${entry}.1`, `${entry}.2`, `${entry}.3`, `${entry}.4`, `${entry}.5`];
}

/** EntitySensorDataType by number: the sensor's kind and unit. */
const TYPES: readonly (readonly [kind: string, unit: string | null] | null)[] = [
  null,
  ['count', null],
  ['count', null],
  ['voltage', 'V'],
  ['voltage', 'V'],
  ['current', 'A'],
  ['power', 'W'],
  ['frequency', 'Hz'],
  ['temperature', 'C'],
  ['humidity', '%'],
  ['fanspeed', 'rpm'],
  ['airflow', 'm3/min'],
  ['state', null],
  ['state', null],
  ['dbm', 'dBm'],
  ['db', 'dB'],
];

const OK = 1;
/** -10^9 and 10^9 say "below" and "beyond what the sensor measures" (RFC 3433, EntitySensorValue). */
const OUT_OF_RANGE = 1_000_000_000;

/** Readings of entities, named by the hardware tree. A sensor that says it is not available or out of range is left out. */
export async function readEntitySensors(
  reader: SnmpReader,
  hardware: readonly HardwareFacts[],
): Promise<Reading & { leftOut: number; byEntity: Map<number, SensorFacts> }> {
  const names = new Map(hardware.map((entity) => [String(entity.index), entity.name ?? entity.description]));
  const sensors: SensorFacts[] = [];
  const series: PlannedSeries[] = [];
  const scales = new Map<string, number>();
  const byEntity = new Map<number, SensorFacts>();
  let leftOut = 0;
  for (const { metric, columns } of TABLES) {
    for (const [index, [typeCell, scaleCell, precisionCell, valueCell, status]] of await reader.table(columns)) {
      const type = numberOf(typeCell);
      const known = TYPES[type ?? 0];
      const value = numberOf(valueCell);
      if (!known || value === null) continue;
      if ((numberOf(status) ?? OK) !== OK || Math.abs(value) >= OUT_OF_RANGE) {
        leftOut++;
        continue;
      }
      const [kind, unit] = known;
      const scale = kind === 'state' ? 1 : scaleOf(numberOf(scaleCell), numberOf(precisionCell));
      const oid = `${columns[3]}.${index}`;
      const name = names.get(index) ?? `Sensor ${index}`;
      const sensor = { oid, kind, name, value: tidy(value * scale), unit, ...(kind === 'state' ? stateOf(value) : {}) };
      sensors.push(sensor);
      byEntity.set(Number(index), sensor);
      scales.set(index, scale);
      const labels = { sensor: name, index, kind };
      const shape = { scale, cadence: 'slow' } as const;
      series.push(planned(oid, metric, kind === 'state' ? 'state' : 'gauge', unit, labels, shape));
    }
  }
  await addLimits(reader, byEntity, scales);
  return { facts: { sensors }, series, leftOut, byEntity };
}

/** EntitySensorDataScale counts powers of a thousand from yocto (1) over units (9) on; precision is decimal places. */
function scaleOf(scale: number | null, precision: number | null): number {
  const thousands = scale !== null && scale >= 1 && scale <= 17 ? scale - 9 : 0;
  const decimals = precision !== null && Math.abs(precision) <= 9 ? precision : 0;
  return 10 ** (3 * thousands - decimals);
}

function stateOf(value: number): { state: string } {
  return { state: value === 1 ? 'true' : 'false' };
}
