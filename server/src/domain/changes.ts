import { CHANGE_SECTIONS } from '@sotp/contract/changes.ts';
import type { ChangeSection, DeviceChange } from '@sotp/contract/changes.ts';
import type { HardwareFacts, InterfaceFacts, Inventory, NeighborFacts } from '@sotp/contract/inventory.ts';

/** A change as the comparison finds it, without instant and id. */
export type FactChange = Pick<DeviceChange, 'section' | 'subject' | 'before' | 'after'> & {
  readonly kind: 'appeared' | 'vanished' | 'changed';
};

type Values = Readonly<Record<string, string | number | null>>;

/** The compared fields of a section, by what they belong to. */
export type FactView = ReadonlyMap<string, Values>;

const SYSTEM_FIELDS = ['sysName', 'location', 'model', 'osVersion', 'serial'] as const;
/** Parts that are not put in and taken out by themselves; with a serial number of its own (a transceiver) a port is. */
const FIXED_PARTS = new Set(['sensor', 'port', 'container', 'backplane', 'stack']);

/** How the rows of a table are told apart, and what of them is compared. */
interface Shape<Row> {
  readonly counts?: (row: Row) => boolean;
  readonly name: (row: Row) => string;
  /** Tells rows of the same name apart. */
  readonly detail: (row: Row) => string;
  readonly values: (row: Row) => Values;
}

const INTERFACE: Shape<InterfaceFacts> = {
  name: interfaceName,
  detail: ({ ifIndex }) => String(ifIndex),
  values: ({ speedBps }) => ({ speedBps }),
};

const HARDWARE: Shape<HardwareFacts> = {
  counts: (part) => part.serial !== null || !FIXED_PARTS.has(part.class ?? ''),
  name: ({ name, description, index }) => name ?? description ?? `part ${index}`,
  detail: ({ serial, model, index }) => serial ?? model ?? String(index),
  values: ({ model, serial }) => ({ model, serial }),
};

/** A neighbor at a port of our own, which is known by its name. */
const NEIGHBOR: Shape<NeighborFacts & { readonly port: string }> = {
  name: ({ protocol, port }) => `${port} (${protocol.toUpperCase()})`,
  detail: ({ remoteName }) => remoteName ?? 'unnamed',
  values: ({ remoteName, remotePort }) => ({ remoteName, remotePort }),
};

/** Neighbors with the names that the interfaces of the same reading give their ports. */
function atPorts(neighbors: readonly NeighborFacts[], interfaces: readonly InterfaceFacts[]) {
  const names = new Map(interfaces.map((port) => [port.ifIndex, interfaceName(port)]));
  return neighbors.map((neighbor) => {
    const { localIfIndex } = neighbor;
    const unnamed = localIfIndex === null ? 'an unknown port' : `interface ${localIfIndex}`;
    return { ...neighbor, port: (localIfIndex === null ? undefined : names.get(localIfIndex)) ?? unnamed };
  });
}

/** A port is known by its name: its ifIndex may be another after a restart. */
function interfaceName({ ifName, ifDescr, ifIndex }: InterfaceFacts): string {
  return ifName ?? ifDescr ?? `interface ${ifIndex}`;
}

function viewsOf<Row>(before: readonly Row[], after: readonly Row[], shape: Shape<Row>): [FactView, FactView] {
  const lists = [before, after].map((rows) => rows.filter((row) => shape.counts?.(row) ?? true));
  const crowded = new Set<string>();
  for (const rows of lists) {
    const seen = new Set<string>();
    for (const row of rows) {
      const name = shape.name(row);
      if (seen.has(name)) crowded.add(name);
      seen.add(name);
    }
  }
  const viewOf = (rows: readonly Row[] = []): FactView => {
    const named = rows.map((row) => {
      const name = shape.name(row);
      return { key: crowded.has(name) ? `${name}, ${shape.detail(row)}` : name, values: shape.values(row) };
    });
    // The order of rows is the device's whim; equal names are numbered in an order of our own.
    named.sort((a, b) => order(a.key, b.key) || order(JSON.stringify(a.values), JSON.stringify(b.values)));
    const view = new Map<string, Values>();
    for (const { key, values } of named) {
      let free = key;
      for (let number = 2; view.has(free); number++) free = `${key} #${number}`;
      view.set(free, values);
    }
    return view;
  };
  return [viewOf(lists[0]), viewOf(lists[1])];
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is compared of a section in two readings; each names the ports of its neighbors by its own interfaces, if it has them. */
export function comparedViews(
  section: ChangeSection,
  before: Pick<Inventory, ChangeSection>,
  after: Pick<Inventory, ChangeSection>,
): [FactView, FactView] {
  switch (section) {
    case 'system': {
      const viewOf = ({ system }: Pick<Inventory, 'system'>): FactView =>
        new Map(SYSTEM_FIELDS.map((field) => [field, { [field]: system[field] ?? null }]));
      return [viewOf(before), viewOf(after)];
    }
    case 'interfaces':
      return viewsOf(before.interfaces, after.interfaces, INTERFACE);
    case 'hardware':
      return viewsOf(before.hardware, after.hardware, HARDWARE);
    case 'neighbors': {
      const [was, is] = [before.interfaces, after.interfaces];
      return viewsOf(
        atPorts(before.neighbors, was.length > 0 ? was : is),
        atPorts(after.neighbors, is.length > 0 ? is : was),
        NEIGHBOR,
      );
    }
  }
}

/** What leads from one view to the other, in the order of subjects. */
export function changesBetween(section: ChangeSection, before: FactView, after: FactView): FactChange[] {
  const changes: FactChange[] = [];
  for (const subject of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(subject) ?? null;
    const is = after.get(subject) ?? null;
    if (!was || !is) {
      changes.push({ section, kind: was ? 'vanished' : 'appeared', subject, before: was, after: is });
      continue;
    }
    const fields = Object.keys(is).filter((field) => was[field] !== is[field]);
    if (fields.length === 0) continue;
    changes.push({ section, kind: 'changed', subject, before: pick(was, fields), after: pick(is, fields) });
  }
  return changes.toSorted((a, b) => order(a.subject, b.subject));
}

function pick(values: Values, fields: readonly string[]): Record<string, string | number | null> {
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? null]));
}

/** The view after these changes. */
export function applyChanges(view: FactView, changes: readonly FactChange[]): FactView {
  const result = new Map(view);
  for (const { subject, after } of changes) {
    if (after) result.set(subject, { ...result.get(subject), ...after });
    else result.delete(subject);
  }
  return result;
}

/** A port that was recognised although it says another name now. */
export interface Rename {
  readonly before: string;
  readonly after: string;
}

/** Interfaces under the names that they have now, so that what else changed of a renamed port is told as its own change. */
export function underNewNames(interfaces: readonly InterfaceFacts[], renames: readonly Rename[]): InterfaceFacts[] {
  const names = new Map(renames.map(({ before, after }) => [before, after]));
  return interfaces.map((port) => {
    const name = names.get(interfaceName(port));
    return name === undefined ? port : { ...port, ifName: name };
  });
}

/** True for what the recognition of ports has told already: that one came, and from where. */
export function isToldByRename({ section, kind, subject }: FactChange, renames: readonly Rename[]): boolean {
  return section === 'interfaces' && kind === 'appeared' && renames.some(({ after }) => after === subject);
}

/** True for a section whose changes are kept. */
export function isCompared(section: string): section is ChangeSection {
  return CHANGE_SECTIONS.some((compared) => compared === section);
}

/**
 * True when a reading of a section cannot be believed to be whole: no device loses all its ports or its whole hardware,
 * but an agent that has just started may not have them yet.
 */
export function isImplausible(section: string, before: unknown, after: unknown): boolean {
  if (section !== 'interfaces' && section !== 'hardware') return false;
  return Array.isArray(before) && before.length > 0 && Array.isArray(after) && after.length === 0;
}
