import type { SensorFacts } from '@sotp/contract/inventory.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { numberIn, numberOf, textOf } from '#collectors/snmp/knowledge/values.ts';
import type { Entry } from './compile.ts';
import type { Row } from './read.ts';
import type { Symbol } from './schema.ts';
import { shapeText } from './shape.ts';

type Sensor = NonNullable<Symbol['sensor']>;
type Reading = Pick<SensorFacts, 'kind' | 'value' | 'unit' | 'state' | 'limits'>;
type CellOf = (column: string, index: string) => SnmpVarbind | null;

/** A reading, and how a poll gets from the raw number to it: times `scale`, in `polledUnit`. */
export interface Judged {
  readonly reading: Reading;
  readonly scale: number;
  readonly polledUnit: string | null;
}

/** What agents of every make answer where a sensor has no reading: the ends of their integers. */
const NO_READING = new Set([2147483647, -2147483648, 4294967295, 32767, -32768, 65535, -2147483647]);
/** Kinds whose numbers may be any integer, the ends included. */
const COUNTED = new Set([
  'count',
  'errors',
  'clients',
  'runtime',
  'state',
  'frequency',
  'bitrate',
  'power_consumed',
  'distance',
]);

/** What is possible where SOTP watches: outside, a reading is a fault of the agent. */
const POSSIBLE: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [-100, 900],
  humidity: [0, 100],
  charge: [0, 100],
  fanspeed: [0, 200_000],
  voltage: [-1_000_000, 1_000_000],
  dbm: [-150, 100],
};

const UNIT_SHIFTS: Readonly<Record<string, (value: number) => number>> = {
  F: (value) => ((value - 32) * 5) / 9,
  K: (value) => value - 273.15,
};

/** A cell read as the symbol's sensor says; 'left out' where the device shows no reading, null where it is no sensor. */
export function judge(
  entry: Entry,
  row: Row,
  symbol: Symbol,
  cell: SnmpVarbind,
  other?: CellOf,
): Judged | 'left out' | null {
  const sensor = symbol.sensor;
  if (!sensor) return null;
  const special = caseOf(entry, row, sensor);
  if (special === null || special.skip) return null;
  const kind = special.kind ?? sensor.kind;
  const mapping = special.mapping ?? symbol.mapping;
  if (kind === 'state') return { reading: stateOf(cell, symbol, mapping), scale: 1, polledUnit: null };
  const raw = rawOf(cell, symbol);
  if (raw === null) return 'left out';
  if (sensor.invalid?.includes(raw) || (NO_READING.has(raw) && !COUNTED.has(kind))) return 'left out';
  const scale = special.scale_factor ?? symbol.scale_factor ?? plausibleScale(sensor.scales, kind, raw);
  const unit = special.unit === undefined ? (sensor.unit ?? null) : special.unit;
  const shift = UNIT_SHIFTS[unit ?? ''];
  const whole = wholeOf(entry, row, sensor);
  if (whole === null) return 'left out';
  const factor = scale / divisorOf(entry, row, sensor) / whole;
  const inUnit = (number: number): number => {
    const scaled = number * factor + (sensor.offset ?? 0);
    return Number((shift ? shift(scaled) : scaled).toPrecision(12));
  };
  const value = inUnit(raw);
  const [low, high] = POSSIBLE[kind] ?? [-Infinity, Infinity];
  if (!(value >= (sensor.min ?? low) && value <= (sensor.max ?? high))) return 'left out';
  const limits = other && limitsOf(sensor, row, other, inUnit);
  return {
    reading: { kind, value, unit: shift ? 'C' : unit, ...(limits && { limits }) },
    scale: factor,
    polledUnit: unit,
  };
}

const LIMITS = [
  ['low_alarm', 'lowAlarm'],
  ['low_warning', 'lowWarning'],
  ['high_warning', 'highWarning'],
  ['high_alarm', 'highAlarm'],
] as const;

/** The device's own limits for a reading, as far as it has any. */
function limitsOf(
  { limits }: Sensor,
  row: Row,
  other: CellOf,
  inUnit: (raw: number) => number,
): SensorFacts['limits'] | undefined {
  const found: NonNullable<SensorFacts['limits']> = {};
  for (const [key, name] of LIMITS) {
    const column = limits?.[key];
    const raw = column === undefined ? null : numberIn(other(column, row.index));
    if (raw !== null && !NO_READING.has(raw)) found[name] = inUnit(raw);
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** What a reading is likely to be, for columns whose MIB keeps silent about their scale. */
const LIKELY: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [-40, 110],
  humidity: [0, 100],
  power_factor: [-1, 1],
  frequency: [50e6, 100e9],
};

function plausibleScale(scales: readonly number[] | undefined, kind: string, raw: number): number {
  if (!scales) return 1;
  const [low, high] = LIKELY[kind] ?? [-Infinity, Infinity];
  return scales.find((scale) => raw * scale >= low && raw * scale <= high) ?? Number.NaN;
}

function rawOf(cell: SnmpVarbind, symbol: Symbol): number | null {
  if (symbol.extract_value !== undefined || symbol.match_pattern !== undefined) {
    const text = shapeText(cell, { ...symbol, mapping: undefined });
    return text === null ? null : numberIn({ oid: cell.oid, type: SnmpType.octetString, value: Buffer.from(text) });
  }
  return numberIn(cell);
}

function stateOf(cell: SnmpVarbind, symbol: Symbol, mapping: Readonly<Record<string, string>> | undefined): Reading {
  const value = numberOf(cell);
  const text = shapeText(cell, { ...symbol, mapping: undefined });
  const state = (text === null ? undefined : mapping?.[text]) ?? text ?? undefined;
  return { kind: 'state', value: value ?? numericText(text), unit: null, ...(state === undefined ? {} : { state }) };
}

/** A state that comes as text may still be a number. */
function numericText(text: string | null): number | null {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

type Case = NonNullable<Sensor['by']>['cases'][string];

/** What the row's other column or index makes of the reading; null where it is a case that the profile does not know. */
function caseOf(entry: Entry, row: Row, sensor: Sensor): Case | null {
  if (!sensor.by) return {};
  const { symbol, index, cases } = sensor.by;
  const arcs = row.index.split('.');
  const key = index === undefined ? cellText(entry, row, symbol) : arcs.at(index > 0 ? index - 1 : index);
  return cases[key ?? ''] ?? cases['*'] ?? null;
}

function cellText(entry: Entry, row: Row, name: string | undefined): string | null {
  const at = entry.columns.findIndex((column) => column.symbol.name === name);
  if (at === -1) return name === undefined ? null : (row.tags[name] ?? null);
  return textOf(row.cells[at]);
}

function divisorOf(entry: Entry, row: Row, sensor: Sensor): number {
  const decimals = sensor.decimals === undefined ? 0 : Number(cellText(entry, row, sensor.decimals) ?? 0);
  const divisor = sensor.divisor === undefined ? 1 : Number(cellText(entry, row, sensor.divisor) ?? 1);
  return (Number.isInteger(decimals) && Math.abs(decimals) < 12 ? 10 ** decimals : 1) * (divisor || 1);
}

/** What a reading is divided by to become a percentage; null where the device does not say the whole. */
function wholeOf(entry: Entry, row: Row, sensor: Sensor): number | null {
  if (sensor.percent_of === undefined) return 1;
  const whole = Number(cellText(entry, row, sensor.percent_of));
  return whole > 0 ? whole / 100 : null;
}
