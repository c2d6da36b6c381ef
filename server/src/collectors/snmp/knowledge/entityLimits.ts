import type { Limits, SensorFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { numberOf, tidy } from './values.ts';

/** CISCO-ENTITY-SENSOR-MIB, entSensorThresholdTable: a row a threshold, its index (entity, number). */
const CISCO = '1.3.6.1.4.1.9.9.91.1.2.1.1';
/** ARISTA-ENTITY-SENSOR-MIB, aristaEntSensorThresholdTable: a row an entity. */
const ARISTA = '1.3.6.1.4.1.30065.3.12.1.1.1';
const ARISTA_COLUMNS = ['lowWarning', 'lowAlarm', 'highWarning', 'highAlarm'] as const;

const SEVERITY_WARNING = 10;
const SEVERITY_CRITICAL = 30;
/** Relations of entSensorThresholdRelation: less, less or equal, greater, greater or equal. */
const LOW = new Set([1, 2]);
const HIGH = new Set([3, 4]);
/** What agents write where there is no threshold. */
const NONE = 1_000_000_000;

/** Gives sensors of entities the limits that the device has for them; `scales` turns their numbers into base units. */
export async function addLimits(
  reader: SnmpReader,
  sensors: ReadonlyMap<number, SensorFacts>,
  scales: ReadonlyMap<string, number>,
): Promise<void> {
  if (sensors.size === 0) return;
  const [cisco, arista] = await reader.next([CISCO, ARISTA]);
  const set = (entity: string, name: keyof Limits, raw: number | null): void => {
    const sensor = sensors.get(Number(entity));
    if (!sensor || sensor.kind === 'state' || raw === null || Math.abs(raw) >= NONE) return;
    const limits: Limits = (sensor.limits ??= {});
    limits[name] ??= tidy(raw * (scales.get(entity) ?? 1));
  };
  if (cisco?.oid.startsWith(`${CISCO}.`)) {
    const rows = await reader.table([`${CISCO}.2`, `${CISCO}.3`, `${CISCO}.4`]);
    for (const [index, [severity, relation, value]] of rows) {
      const grade = numberOf(severity) ?? 0;
      const side = numberOf(relation) ?? 0;
      if (grade < SEVERITY_WARNING || (!LOW.has(side) && !HIGH.has(side))) continue;
      const alarm = grade >= SEVERITY_CRITICAL;
      const name = LOW.has(side) ? (alarm ? 'lowAlarm' : 'lowWarning') : alarm ? 'highAlarm' : 'highWarning';
      set(index.split('.', 1)[0] ?? '', name, numberOf(value));
    }
  }
  if (arista?.oid.startsWith(`${ARISTA}.`)) {
    const rows = await reader.table(ARISTA_COLUMNS.map((_, i) => `${ARISTA}.${i + 1}`));
    for (const [index, cells] of rows) {
      for (const [i, name] of ARISTA_COLUMNS.entries()) set(index, name, numberOf(cells[i]));
    }
  }
}
