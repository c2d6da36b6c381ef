import type {
  HardwareFacts,
  InterfaceFacts,
  SensorFacts,
  TransceiverFacts,
  TransceiverReading,
} from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { createPorts, OPTIC, readAliases } from './ports.ts';
import type { Ports } from './ports.ts';
import { opticReading } from './reading.ts';

/** A row of a maker's table of optics, with the sensors that its profile found in it. */
export interface OpticRow {
  readonly table: string;
  readonly index: string;
  readonly name: string | null;
  readonly sensors: readonly { readonly column: string; readonly sensor: SensorFacts }[];
}

/** What makers' tables say of the modules themselves, by the index of the row. */
export type Parts = ReadonlyMap<string, Pick<HardwareFacts, 'model' | 'serial'>>;

export interface OpticSources {
  readonly interfaces: readonly InterfaceFacts[];
  readonly hardware: readonly HardwareFacts[];
  /** Sensors of ENTITY-SENSOR-MIB and its like, by the index of their entity. */
  readonly entitySensors: ReadonlyMap<number, SensorFacts>;
  readonly rows: readonly OpticRow[];
  readonly parts: Parts;
}

/** The pluggable optics of a device: what makers' tables and the hardware tree say of them, joined to their ports. */
export async function readTransceivers(reader: SnmpReader, sources: OpticSources): Promise<TransceiverFacts[]> {
  const { interfaces, hardware, entitySensors, rows } = sources;
  const powers = [...entitySensors.values()].some(({ kind }) => kind === 'dbm' || kind === 'power');
  if (rows.length === 0 && !powers) return [];
  const aliases = hardware.length > 0 ? await readAliases(reader) : new Map<number, number>();
  const ports = createPorts(interfaces, hardware, aliases);
  const found = new Map<string, TransceiverFacts>();
  for (const optic of [...ofTables(rows, sources.parts, ports), ...ofEntities(entitySensors, ports)]) {
    const key = optic.ifIndex === null ? optic.name : String(optic.ifIndex);
    const known = found.get(key);
    if (!known) {
      found.set(key, optic);
      continue;
    }
    // Two tables tell of one module: the first to name a reading counts.
    const more = optic.readings.filter(
      ({ kind, lane }) => !known.readings.some((one) => one.kind === kind && one.lane === lane),
    );
    known.readings.push(...more);
    for (const field of ['vendor', 'model', 'serial'] as const) known[field] ??= optic[field];
  }
  return [...found.values()].flatMap((optic) => {
    const readings = firstOfEach(optic.readings);
    return readings.some(isPower) && readings.some(({ value }) => value !== null && value !== 0)
      ? [{ ...optic, readings }]
      : [];
  });
}

/** Of several readings of one kind and lane the first: makers repeat them in other units. */
function firstOfEach(readings: readonly TransceiverReading[]): TransceiverReading[] {
  const seen = new Set<string>();
  return readings.filter(({ kind, lane }) => !seen.has(`${kind} ${lane}`) && seen.add(`${kind} ${lane}`));
}

function isPower({ kind }: { kind: string }): boolean {
  return kind === 'rxPower' || kind === 'txPower';
}

function ofTables(rows: readonly OpticRow[], parts: Parts, ports: Ports): TransceiverFacts[] {
  return [...Map.groupBy(rows, ({ table }) => table).values()].flatMap((own) => {
    const resolve = resolver(own, ports);
    return own.flatMap((row): TransceiverFacts[] => {
      const { ifIndex, lane } = resolve(row);
      const readings = row.sensors.flatMap(({ column, sensor }) => opticReading(sensor, column, lane) ?? []);
      if (readings.length === 0) return [];
      const part =
        parts.get(row.index) ??
        (ifIndex === null ? undefined : (parts.get(String(ifIndex)) ?? ports.moduleAt(ifIndex)));
      const name = (ifIndex === null ? null : ports.nameOf(ifIndex)) ?? row.name ?? row.index;
      return [{ ifIndex, name, vendor: null, model: part?.model ?? null, serial: part?.serial ?? null, readings }];
    });
  });
}

type Resolved = { readonly ifIndex: number | null; readonly lane: number | null };

/**
 * How the rows of a table are joined to ports: their index is an ifIndex, alone or with a lane, or that of an entity, or they
 * name the port. All rows of a table do it alike, so that a chance hit decides nothing.
 */
function resolver(rows: readonly OpticRow[], ports: Ports): (row: OpticRow) => Resolved {
  const arcsOf = ({ index }: OpticRow): number[] => index.split('.').map(Number);
  const all = (test: (row: OpticRow) => boolean): boolean => rows.filter(test).length >= Math.max(1, 0.9 * rows.length);
  const isPort = (number: number | undefined): boolean => number !== undefined && ports.known.has(number);
  // One chassis before the port: the first part of the index is the same everywhere, and the last no lane.
  const chassis = new Set(rows.map((row) => arcsOf(row)[0])).size === 1;
  const lanes = all((row) => (arcsOf(row).at(-1) ?? 0) <= LANES);
  const last = all((row) => isPort(arcsOf(row).at(-1))) && !lanes;
  if (!(chassis && last) && all((row) => isPort(arcsOf(row)[0]) && arcsOf(row).length <= 2)) {
    return (row) => ({ ifIndex: arcsOf(row)[0] ?? null, lane: laneOf(arcsOf(row)[1]) });
  }
  if (all((row) => isPort(arcsOf(row).at(-1)))) return (row) => ({ ifIndex: arcsOf(row).at(-1) ?? null, lane: null });
  if (all((row) => ports.named(row.name) !== null)) return (row) => ({ ifIndex: ports.named(row.name), lane: null });
  if (all((row) => ports.entity(arcsOf(row)[0] ?? 0) !== undefined)) {
    return (row) => ({ ifIndex: ports.ofEntity(arcsOf(row)[0] ?? 0), lane: laneOf(arcsOf(row)[1]) });
  }
  return (row) => ({ ifIndex: ports.named(row.name), lane: null });
}

/** More lasers than any module has. */
const LANES = 16;

function laneOf(arc: number | undefined): number | null {
  return arc !== undefined && arc <= LANES ? arc : null;
}

function ofEntities(sensors: ReadonlyMap<number, SensorFacts>, ports: Ports): TransceiverFacts[] {
  const optics = new Map<string, TransceiverFacts>();
  for (const [index, sensor] of sensors) {
    const entity = ports.entity(index);
    const called = [entity?.name, entity?.description].filter(Boolean).join(' ') || sensor.name;
    const reading = opticReading(sensor, called, null);
    if (!reading) continue;
    const ifIndex = ports.ofEntity(index);
    const module = moduleOf(entity, ports);
    // A reading of a whole board belongs to none of its ports.
    if (ifIndex === null && !module) continue;
    const key = ifIndex === null ? `entity ${module?.index}` : String(ifIndex);
    let optic = optics.get(key);
    if (!optic) {
      const name = (ifIndex === null ? null : ports.nameOf(ifIndex)) ?? module?.name ?? module?.description ?? key;
      optic = {
        ifIndex,
        name,
        vendor: null,
        model: module?.model ?? null,
        serial: module?.serial ?? null,
        readings: [],
      };
      optics.set(key, optic);
    }
    optic.readings.push(reading);
  }
  return [...optics.values()];
}

/** The module that a sensor is in: the nearest part above it, or the part that it hangs on, if that is a module or a port. */
function moduleOf(entity: HardwareFacts | undefined, ports: Ports): HardwareFacts | null {
  let part = entity && ports.entity(entity.parentIndex ?? 0);
  let nearest: HardwareFacts | null = null;
  for (let level = 0; part && level < 3; level++) {
    if (part.class !== 'module' && part.class !== 'port' && part.class !== 'other') break;
    nearest ??= part;
    const called = [part.name, part.description, part.model].join(' ');
    if (part.serial !== null && (part.class === 'port' || OPTIC.test(called))) return part;
    part = ports.entity(part.parentIndex ?? 0);
  }
  return nearest;
}
