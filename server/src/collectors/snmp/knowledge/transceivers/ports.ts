import type { HardwareFacts, InterfaceFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { textOf } from '#collectors/snmp/knowledge/values.ts';

/** Words of a pluggable optic. */
export const OPTIC = /sfp|xfp|cfp|gbic|transceiver|xcvr|optic|\d+g?base/i;

const ALIAS = '1.3.6.1.2.1.47.1.3.2.1.2';
const IF_INDEX = /^1\.3\.6\.1\.2\.1\.2\.2\.1\.1\.(\d+)$/;
/** A port is at most this far above or below what is plugged into it. */
const LEVELS = 4;

/** Finds the port that a part of the hardware, or a name, belongs to. */
export interface Ports {
  readonly known: ReadonlySet<number>;
  named(text: string | null): number | null;
  nameOf(ifIndex: number): string | null;
  /** The port of an entity, of the one port below it, or of what it is in. */
  ofEntity(index: number): number | null;
  entity(index: number): HardwareFacts | undefined;
  /** The module in a port, as the hardware tree has it. */
  moduleAt(ifIndex: number): HardwareFacts | undefined;
}

/** ENTITY-MIB's entAliasMappingTable (RFC 6933): which entity is which ifIndex. */
export async function readAliases(reader: SnmpReader): Promise<Map<number, number>> {
  const aliases = new Map<number, number>();
  const rows = await reader.table([ALIAS], { maxVarbinds: 20_000 });
  for (const [index, [cell]] of rows) {
    const ifIndex = IF_INDEX.exec(textOf(cell)?.replace(/^\./, '') ?? '')?.[1];
    const entity = Number(index.split('.', 1)[0]);
    if (ifIndex !== undefined && !aliases.has(entity)) aliases.set(entity, Number(ifIndex));
  }
  return aliases;
}

export function createPorts(
  interfaces: readonly InterfaceFacts[],
  hardware: readonly HardwareFacts[],
  aliases: ReadonlyMap<number, number>,
): Ports {
  const names = new Map<string, number>();
  for (const { ifIndex, ifName, ifDescr } of interfaces) {
    for (const name of [ifName, ifDescr]) if (name && /\d/.test(name) && !names.has(name)) names.set(name, ifIndex);
  }
  const byIndex = new Map(hardware.map((part) => [part.index, part]));
  const children = Map.groupBy(hardware, ({ parentIndex }) => parentIndex ?? 0);

  const named = (text: string | null): number | null => {
    if (text === null) return null;
    const whole = names.get(text);
    if (whole !== undefined) return whole;
    // "Te1/1/1 Module Temperature Sensor": a name is a word of it, or the last that is left when words go.
    for (const word of text.split(/[\s,()]+/)) {
      const found = names.get(word);
      if (found !== undefined) return found;
    }
    return null;
  };
  const own = ({ index, name, description }: HardwareFacts): number | null =>
    aliases.get(index) ?? named(name) ?? named(description);
  const below = (index: number): number | null => {
    const found = (children.get(index) ?? []).flatMap((part) => (part.class === 'port' ? (own(part) ?? []) : []));
    return found.length === 1 ? (found[0] ?? null) : null;
  };

  const ofEntity = (index: number): number | null => {
    let part = byIndex.get(index);
    for (let level = 0; part && level < LEVELS && part.class !== 'chassis' && part.class !== 'stack'; level++) {
      const found = own(part) ?? below(part.index);
      if (found !== null) return found;
      part = byIndex.get(part.parentIndex ?? 0);
    }
    return null;
  };
  let modules: Map<number, HardwareFacts> | undefined;
  const findModules = (): Map<number, HardwareFacts> => {
    const found = new Map<number, HardwareFacts>();
    for (const part of hardware) {
      if (part.serial === null || !OPTIC.test([part.name, part.description, part.model].join(' '))) continue;
      const ifIndex = ofEntity(part.index);
      if (ifIndex !== null && !found.has(ifIndex)) found.set(ifIndex, part);
    }
    return found;
  };

  return {
    known: new Set(interfaces.map(({ ifIndex }) => ifIndex)),
    named,
    nameOf: (ifIndex) => {
      const port = interfaces.find((one) => one.ifIndex === ifIndex);
      return port?.ifName ?? port?.ifDescr ?? null;
    },
    ofEntity,
    moduleAt: (ifIndex) => (modules ??= findModules()).get(ifIndex),
    entity: (index) => byIndex.get(index),
  };
}
