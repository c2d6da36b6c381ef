import type {
  HardwareFacts,
  MemoryFacts,
  ProcessorFacts,
  SensorFacts,
  StorageFacts,
  VlanFacts,
} from '@sotp/contract/inventory.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { numberIn, numberOf } from '#collectors/snmp/knowledge/values.ts';
import type { Entry } from './compile.ts';
import type { OpticRow } from '#collectors/snmp/knowledge/transceivers/index.ts';
import type { EntryRows, Row } from './read.ts';
import type { Metric, Symbol } from './schema.ts';
import { judge } from './sensor.ts';
import { shapeText } from './shape.ts';

type Pool = NonNullable<Metric['memory']>;

export interface EntryFacts {
  readonly sensors: SensorFacts[];
  readonly processors: ProcessorFacts[];
  readonly memory: MemoryFacts[];
  readonly storage: StorageFacts[];
  readonly vlans: VlanFacts[];
  readonly hardware: HardwareFacts[];
  /** Rows of tables of optics, and of parts: what transceivers are made of. */
  readonly optics: OpticRow[];
  readonly parts: Map<string, HardwareFacts>;
  /** Readings left out because the device says that there is none, or they are impossible. */
  leftOut: number;
}

/** The facts that an entry's rows hold. */
export function factsOf({ entry, rows, cell: other }: EntryRows, facts: EntryFacts): void {
  const { memory, storage, vlan, hardware } = entry.metric;
  const optical = isOptical(entry);
  for (const row of rows) {
    const optics: OpticRow['sensors'][number][] = [];
    for (const [i, { symbol }] of entry.columns.entries()) {
      const cell = row.cells[i];
      if (!cell) continue;
      const sensor = symbol.sensor && addSensor(entry, row, symbol, cell, facts, other);
      if (optical && sensor) optics.push({ column: symbol.name, sensor });
      if (symbol.processor) addProcessor(row, symbol, cell, facts);
    }
    const table = entry.table ?? '';
    if (optics.length > 0) facts.optics.push({ table, index: row.index, name: labelOf(row), sensors: optics });
    if (vlan) addVlan(entry, row, vlan, facts.vlans);
    const part = hardware && addHardware(entry, row, hardware, facts.hardware);
    if (part && speaksOfLight(entry)) facts.parts.set(row.index, part);
    if (memory) addPool(entry, row, memory, (pool) => facts.memory.push(pool));
    if (storage) {
      addPool(entry, row, storage, ({ name, totalBytes, usedBytes, usedPercent }) => {
        if (totalBytes !== undefined && usedBytes !== undefined) {
          facts.storage.push({ name, totalBytes, usedBytes, usedPercent });
        }
      });
    }
  }
}

function addSensor(
  entry: Entry,
  row: Row,
  symbol: Symbol,
  cell: SnmpVarbind,
  facts: EntryFacts,
  other: EntryRows['cell'],
): SensorFacts | null {
  const verdict = judge(entry, row, symbol, cell, other);
  if (verdict === 'left out') facts.leftOut++;
  if (verdict === 'left out' || !verdict) return null;
  const sensor = { oid: cell.oid, name: nameOf(entry, row, symbol), ...verdict.reading };
  facts.sensors.push(sensor);
  return sensor;
}

const OPTICS = /optic|laser|x?cvr|transceiver|sfp|xfp|\bdom|ddm|dmi|digitaldiag|diagmon|(?<!air)fib(?:er|re)|gbic/i;

/** True for a table of optics: it has powers in dBm, and its name or a column's speaks of light, not of radio. */
function isOptical(entry: Entry): boolean {
  const { table, columns } = entry;
  if (table === null) return false;
  const hasPower = columns.some(({ symbol: { sensor } }) => {
    const cases = Object.values(sensor?.by?.cases ?? {});
    return sensor?.kind === 'dbm' || cases.some(({ kind }) => kind === 'dbm');
  });
  return hasPower && speaksOfLight(entry);
}

function speaksOfLight({ columns, metric }: Entry): boolean {
  const names = [metric.MIB, metric.table?.name, ...columns.map(({ symbol }) => symbol.name)];
  return names.some((name) => OPTICS.test(name ?? ''));
}

function labelOf(row: Row): string | null {
  return Object.values(row.tags).find((value) => value !== '') ?? null;
}

/** The row's own name if it has one, behind it the column's where the entry gives several readings a row. */
export function nameOf(entry: Entry, row: Row, symbol: Symbol): string {
  const named = Object.values(row.tags).filter((value) => value !== '');
  const readings = entry.columns.filter((column) => column.symbol.sensor).length;
  if (named.length === 0) return entry.table === null ? symbol.name : `${symbol.name} ${row.index}`;
  // A tag called name tells what is read; an address or a number does not.
  const tells = readings === 1 && row.tags['name'] !== undefined;
  return tells ? named.join(' ') : `${named.join(' ')} ${symbol.name}`;
}

function addProcessor(row: Row, symbol: Symbol, cell: SnmpVarbind, facts: EntryFacts): void {
  const options = symbol.processor === true ? {} : (symbol.processor ?? {});
  const raw = numberIn(extracted(cell, symbol));
  if (raw === null) return;
  const value = raw * (symbol.scale_factor ?? 1);
  const usagePercent = Math.round((options.idle ? 100 - value : value) * 100) / 100;
  if (usagePercent < 0 || usagePercent > (options.max ?? 100)) {
    facts.leftOut++;
    return;
  }
  const named = Object.values(row.tags).filter((tag) => tag !== '');
  const name = named.join(' ') || options.name || (row.index === '0' ? 'Processor' : `Processor ${row.index}`);
  facts.processors.push({ oid: cell.oid, name, usagePercent });
}

/** The cell as text that the symbol's pattern left, where it has one. */
export function extracted(cell: SnmpVarbind, symbol: Symbol): SnmpVarbind {
  if (symbol.extract_value === undefined && symbol.match_pattern === undefined) return cell;
  const text = shapeText(cell, { ...symbol, mapping: undefined });
  return { oid: cell.oid, type: cell.type, value: text === null ? null : Buffer.from(text) };
}

function addPool(entry: Entry, row: Row, pool: Pool, add: (facts: MemoryFacts) => void): void {
  const read = (names: string | readonly string[] | undefined): number | null => {
    for (const name of typeof names === 'string' ? [names] : (names ?? [])) {
      const at = entry.columns.findIndex((column) => column.symbol.name === name);
      const [column, cell] = [entry.columns[at], row.cells[at]];
      const value = column && cell ? numberIn(extracted(cell, column.symbol)) : null;
      if (column && cell && value !== null) return unsigned(value, cell) * (column.symbol.scale_factor ?? 1);
    }
    return null;
  };
  const scale = (pool.scale ?? 1) * (pool.scale_by === undefined ? 1 : (read(pool.scale_by) ?? 1));
  const [total, used, free] = [read(pool.total), read(pool.used), read(pool.free)];
  const whole = total ?? (used !== null && free !== null ? used + free : null);
  const freePercent = read(pool.percent_free);
  const percent = read(pool.percent) ?? (freePercent === null ? null : 100 - freePercent);
  const taken =
    used ??
    (whole !== null && free !== null
      ? whole - free
      : whole !== null && percent !== null
        ? (whole * percent) / 100
        : null);
  const name = Object.values(row.tags).filter(Boolean).join(' ') || pool.name || 'Memory';
  if (whole !== null && whole > 0 && taken !== null) {
    if (taken < 0 || taken > whole * 1.01) return;
    const sizes = { totalBytes: Math.round(whole * scale), usedBytes: Math.round(taken * scale) };
    add({ name, ...sizes, usedPercent: round((100 * taken) / whole) });
  } else if (whole === null && percent !== null && percent >= 0 && percent <= 100) {
    add({ name, usedPercent: round(percent) });
  }
}

function cellOf(entry: Entry, row: Row, name: string | undefined): string | null {
  const at = entry.columns.findIndex((column) => column.symbol.name === name);
  const symbol = entry.columns[at]?.symbol;
  return symbol ? shapeText(row.cells[at], symbol) : null;
}

function addVlan(entry: Entry, row: Row, vlan: NonNullable<Metric['vlan']>, vlans: VlanFacts[]): void {
  const arcs = row.index.split('.');
  const id = Number(
    typeof vlan.id === 'string' ? cellOf(entry, row, vlan.id) : arcs.at(vlan.id > 0 ? vlan.id - 1 : vlan.id),
  );
  if (Number.isInteger(id) && id > 0 && id < 4096) vlans.push({ id, name: cellOf(entry, row, vlan.name) });
}

/** Parts that no ENTITY-MIB numbers get negative numbers, so that the two never meet. */
function addHardware(
  entry: Entry,
  row: Row,
  columns: NonNullable<Metric['hardware']>,
  hardware: HardwareFacts[],
): HardwareFacts | null {
  const read = (name: string | undefined): string | null => cellOf(entry, row, name);
  const part = { name: read(columns.name), model: read(columns.model), serial: read(columns.serial) };
  if (part.serial === null && part.model === null) return null;
  const found: HardwareFacts = {
    index: -1 - hardware.length,
    parentIndex: null,
    class: columns.class ?? null,
    ...part,
    description: read(columns.description),
    hardwareRev: read(columns.hardware_rev),
    firmwareRev: read(columns.firmware_rev),
    softwareRev: read(columns.software_rev),
  };
  hardware.push(found);
  return found;
}

function unsigned(value: number, cell: SnmpVarbind): number {
  return value < 0 && numberOf(cell) !== null ? value + 4_294_967_296 : value;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}
