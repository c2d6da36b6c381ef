import type { DialectNote } from '#collectors/snmp/knowledge/profiles/dialect.ts';
import { Module } from './module.ts';
import type { ModuleMetric } from './module.ts';

type Node = Record<string, unknown>;
type Tell = (path: readonly PropertyKey[], message: string) => void;

/** Types whose values are numbers, and how a series of them runs. */
const NUMBERS: Readonly<Record<string, string>> = {
  gauge: 'gauge',
  counter: 'monotonic_count',
  Float: 'gauge',
  Double: 'gauge',
  EnumAsInfo: 'flag_stream',
  EnumAsStateSet: 'flag_stream',
};
const TEXTS = new Set([
  'DisplayString',
  'OctetString',
  'PhysAddress48',
  'InetAddress',
  'InetAddressIPv4',
  'InetAddressIPv6',
]);
const FORMATS: Readonly<Record<string, string>> = {
  PhysAddress48: 'mac_address',
  InetAddressIPv4: 'ip_address',
  InetAddressIPv6: 'ip_address',
  IpAddr: 'ip_address',
  OctetString: 'hex',
};

/**
 * A Prometheus module in SOTP's own spelling. Metrics of one table and with the same labels become one entry. What a
 * series of numbers cannot be, texts and dates, is left out and told once a type.
 */
export function translateModule(name: string, raw: unknown): { raw: Node; notes: DialectNote[] } {
  const notes: DialectNote[] = [];
  const module = Module.parse(raw);
  const at = ['modules', name];
  const told = new Map<string, number>();
  const entries = new Map<string, Node & { symbols: Node[] }>();
  for (const [i, metric] of module.metrics.entries()) {
    const path = [...at, 'metrics', i];
    const tell: Tell = (key, message) => notes.push({ path: [...path, ...key], message: `${metric.name}: ${message}` });
    const symbol = symbolOf(metric, tell);
    if (!symbol) {
      told.set(metric.type, (told.get(metric.type) ?? 0) + 1);
      continue;
    }
    const where = (module.filters ?? []).flatMap((filter) => whereOf(filter, metric.oid));
    const key = JSON.stringify([tableOf(metric), metric.indexes, metric.lookups, where]);
    const known = entries.get(key);
    if (known) known.symbols.push(symbol);
    else entries.set(key, { ...entryOf(metric, tell), ...(where.length > 0 ? { where } : {}), symbols: [symbol] });
  }
  for (const [type, count] of told) {
    notes.push({ path: at, message: `${count} metrics of type ${type} are left out: their values are no numbers` });
  }
  return { raw: { name, metrics: [...entries.values()] }, notes };
}

function tableOf({ oid, indexes }: ModuleMetric): string | null {
  return indexes && indexes.length > 0 ? plain(oid).split('.').slice(0, -2).join('.') : null;
}

function plain(oid: string): string {
  return oid.replace(/^\./, '');
}

function symbolOf(metric: ModuleMetric, tell: Tell): Node | null {
  const { oid, name, type, enum_values: mapping, scale, offset, regex_extracts: extracts } = metric;
  let metricType = NUMBERS[type];
  if (extracts && TEXTS.has(type)) {
    const other = Object.keys(extracts).filter((suffix) => suffix !== '');
    if (other.length > 0) tell(['regex_extracts'], `the metrics with the endings ${other.join(', ')} are left out`);
    if (!extracts['']) return null;
    metricType = 'gauge';
  }
  if (metricType === undefined) return null;
  if (offset !== undefined && offset !== 0) tell(['offset'], `the offset ${offset} is not added`);
  return {
    OID: plain(oid),
    name,
    metric_type: metricType,
    ...(scale === undefined || scale === 1 ? {} : { scale_factor: scale }),
    ...(mapping ? { mapping } : {}),
  };
}

function entryOf(metric: ModuleMetric, tell: Tell): Node {
  const table = tableOf(metric);
  if (table === null) return {};
  const indexes = metric.indexes ?? [];
  const lookups = metric.lookups ?? [];
  const dropped = new Set(lookups.flatMap(({ labels, oid, labelname }) => (oid && labels?.length ? [] : labelname)));
  const layout = indexes.map(({ type, fixed_size: size, implied }) => ({
    type: partType(type),
    ...(size ? { size } : {}),
    ...(implied ? { implied } : {}),
  }));
  const tags: Node[] = [];
  for (const [i, index] of indexes.entries()) {
    if (dropped.has(index.labelname)) continue;
    const mapping = index.enum_values;
    tags.push({ tag: index.labelname, index_parts: layout, part: i + 1, ...(mapping ? { mapping } : {}) });
  }
  for (const [i, lookup] of lookups.entries()) {
    if (!lookup.oid || !lookup.labels?.length) continue;
    const parts = lookup.labels.map((label) => indexes.findIndex(({ labelname }) => labelname === label) + 1);
    if (parts.includes(0)) {
      tell(['lookups', i], `the label ${lookup.labelname} is left out: it is looked up by another label`);
      continue;
    }
    const whole = parts.length === indexes.length && parts.every((part, k) => part === k + 1);
    tags.push({
      tag: lookup.labelname,
      symbol: {
        OID: plain(lookup.oid),
        name: lookup.labelname,
        ...(FORMATS[lookup.type ?? ''] ? { format: FORMATS[lookup.type ?? ''] } : {}),
      },
      ...(whole ? {} : { index_parts: layout, parts }),
    });
  }
  return { table: { OID: table, name: metric.name }, metric_tags: tags };
}

function partType(type: string): string {
  if (type === 'InetAddressIPv4' || type === 'IpAddr') return 'ipv4';
  if (type === 'InetAddressIPv6') return 'ipv6';
  if (type === 'PhysAddress48') return 'mac';
  if (type === 'InetAddress') return 'inet';
  if (type === 'DisplayString') return 'text';
  return type === 'OctetString' || type === 'Bits' ? 'octets' : 'number';
}

/** Rows that a filter lets through: by their index, or by what another column of the same row says. */
function whereOf({ oid, targets, values }: NonNullable<Module['filters']>[number], metric: string): Node[] {
  const below = (targets ?? []).some((target) => `${plain(metric)}.`.startsWith(`${plain(target)}.`));
  if (!below || !values) return [];
  return [{ OID: plain(oid), match: `^(?:${values.join('|')})$` }];
}
