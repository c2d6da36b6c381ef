import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { firstBelow, inOrder } from '#collectors/snmp/knowledge/firstBelow.ts';
import { decodeText } from '#collectors/snmp/knowledge/values.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import type { Entry, Tag } from './compile.ts';
import { partsOf } from './indexParts.ts';
import { matches, shapeText } from './shape.ts';

type Cell = SnmpVarbind | null;
type Where = NonNullable<Entry['metric']['where']>[number];

/** A row of an entry: its cells in the order of the entry's columns, and its tags. */
export interface Row {
  readonly index: string;
  readonly cells: readonly Cell[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface EntryRows {
  readonly entry: Entry;
  readonly rows: readonly Row[];
  /** A cell of another column with the same index: limits of a sensor. */
  cell(column: string, index: string): Cell;
}

/**
 * Reads the entries that the device has. GETNEXT tells which columns exist, and gives the scalars at once; then each table that exists is walked, its existing columns side by side.
 */
export async function readEntries(reader: SnmpReader, entries: readonly Entry[]): Promise<EntryRows[]> {
  const device = {
    reader,
    first: await firstBelow(reader, namesOf(entries)),
    walked: new Map<string, Map<string, SnmpVarbind>>(),
  };
  const found: EntryRows[] = [];
  const cell = (column: string, index: string): Cell => device.walked.get(column)?.get(index) ?? null;
  for (const entry of entries) {
    if (!entry.columns.some((column) => device.first.has(column.oid))) continue;
    if (entry.metric.unless?.some((oid) => device.first.has(oid))) continue;
    const rows = entry.table === null ? scalarRows(device, entry) : await tableRows(device, entry);
    const kept = rows.filter((row) => counts(device, entry, row));
    if (kept.length > 0) found.push({ entry, rows: kept, cell });
  }
  return found;
}

const known = new WeakMap<Entry, { readonly entries: readonly Entry[]; readonly names: readonly string[] }>();

/** All names that the entries ask for, in order; worked out once for devices whose profiles are the same. */
function namesOf(entries: readonly Entry[]): readonly string[] {
  const [first] = entries;
  if (!first) return [];
  const same = known.get(first);
  if (same?.entries.length === entries.length && same.entries.every((entry, i) => entry === entries[i])) {
    return same.names;
  }
  const wanted = new Set<string>();
  for (const entry of entries) {
    for (const column of entry.columns) wanted.add(column.oid);
    for (const tag of entry.tags) if (tag.column) wanted.add(tag.column);
    for (const oid of entry.metric.unless ?? []) wanted.add(oid);
    for (const { OID } of entry.metric.where ?? []) if (OID !== undefined) wanted.add(OID);
    for (const oid of limitColumns(entry)) wanted.add(oid);
  }
  const names = inOrder(wanted);
  known.set(first, { entries, names });
  return names;
}

interface Device {
  readonly reader: SnmpReader;
  readonly first: ReadonlyMap<string, SnmpVarbind>;
  /** Columns walked so far, by index; also those that hold sensors' limits. */
  readonly walked: Map<string, Map<string, SnmpVarbind>>;
}

function scalarRows(device: Device, entry: Entry): Row[] {
  const cells = entry.columns.map((column) => device.first.get(column.oid) ?? null);
  const oid = entry.columns.find((_, i) => cells[i])?.oid ?? '';
  const index = cells.find(Boolean)?.oid.slice(oid.length + 1) ?? '0';
  const tags: Record<string, string> = {};
  for (const tag of entry.tags) {
    const value = tag.symbol && shapeText(device.first.get(tag.column?.replace(/\.0$/, '') ?? ''), tag.symbol);
    if (value) tags[tag.tag] = value;
  }
  return [{ index, cells, tags }];
}

async function tableRows(device: Device, entry: Entry): Promise<Row[]> {
  const own = entry.tags.flatMap((tag) => (tag.column && !tag.transform && !tag.parts ? [tag.column] : []));
  own.push(...limitColumns(entry), ...(entry.metric.where ?? []).flatMap(({ OID }) => OID ?? []));
  await walkColumns(device, [...new Set([...entry.columns.map((column) => column.oid), ...own])]);
  const indexes = new Set<string>();
  for (const column of entry.columns)
    for (const index of device.walked.get(column.oid)?.keys() ?? []) indexes.add(index);
  const rows: Row[] = [];
  for (const tag of entry.tags) if (tag.column && (tag.transform || tag.parts)) await walkColumns(device, [tag.column]);
  for (const index of indexes) {
    const cells = entry.columns.map((column) => device.walked.get(column.oid)?.get(index) ?? null);
    rows.push({ index, cells, tags: tagsOf(device, entry.tags, index) });
  }
  return rows;
}

function limitColumns({ columns }: Entry): string[] {
  return columns.flatMap(({ symbol }) => Object.values(symbol.sensor?.limits ?? {}));
}

/** Walks what exists and has not been walked yet, in one go. */
async function walkColumns(device: Device, columns: readonly string[]): Promise<void> {
  const missing = columns.filter((column) => !device.walked.has(column) && device.first.has(column));
  if (missing.length === 0) return;
  const maps = missing.map((column) => {
    const map = new Map<string, SnmpVarbind>();
    device.walked.set(column, map);
    return map;
  });
  for (const [index, cells] of await device.reader.table(missing)) {
    for (const [i, cell] of cells.entries()) if (cell) maps[i]?.set(index, cell);
  }
}

function tagsOf(device: Device, tags: readonly Tag[], index: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const tag of tags) {
    const value = tagValue(device, tag, index);
    if (value !== null && value !== undefined) values[tag.tag] = tag.mapping?.[value] ?? value;
  }
  return values;
}

function tagValue(device: Device, tag: Tag, index: string): string | null | undefined {
  const parts = tag.layout ? partsOf(index, tag.layout) : null;
  if (parts && tag.parts && !tag.column) return parts[(tag.parts[0] ?? 0) - 1]?.text ?? null;
  if (tag.text !== undefined) return textInIndex(index.split('.').map(Number), tag.text);
  if (tag.index !== undefined) return index.split('.')[tag.index - 1];
  if (!tag.column || !tag.symbol) return null;
  const column = device.walked.get(tag.column);
  if (tag.parts) {
    const other = tag.parts.map((part) => parts?.[part - 1]?.arcs).join('.');
    return shapeText(column?.get(other), tag.symbol);
  }
  if (!tag.transform) return shapeText(column?.get(index), tag.symbol);
  const arcs = index.split('.');
  const other = tag.transform.flatMap(({ start, end }) => arcs.slice(start, end + 1)).join('.');
  return shapeText(column?.get(other), tag.symbol);
}

function textInIndex(arcs: readonly number[], from: number): string | null {
  const length = arcs[from - 1] ?? 0;
  const octets = arcs.slice(from, from + length);
  return octets.length === 0 ? null : decodeText(Buffer.from(octets));
}

function counts(device: Device, entry: Entry, row: Row): boolean {
  return (entry.metric.where ?? []).every((where) => {
    const value = filtered(device, entry, row, where);
    if (where.in && !(value !== null && where.in.includes(value))) return false;
    if (where.not_in && value !== null && where.not_in.includes(value)) return false;
    return where.match === undefined || (value !== null && matches(where.match, value));
  });
}

function filtered(device: Device, entry: Entry, row: Row, { OID, symbol }: Where): string | null {
  if (OID !== undefined) return shapeText(device.walked.get(OID)?.get(row.index), {});
  const at = entry.columns.findIndex((column) => column.symbol.name === symbol);
  return at === -1 ? (row.tags[symbol ?? ''] ?? null) : shapeText(row.cells[at], {});
}
