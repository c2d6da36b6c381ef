import type { HardwareFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { numberOf, textOf } from './values.ts';

const PHYSICAL = '1.3.6.1.2.1.47.1.1.1.1';

/** PhysicalClass (ENTITY-MIB, IANA-ENTITY-MIB), by number. */
const CLASSES = [
  null,
  'other',
  'unknown',
  'chassis',
  'backplane',
  'container',
  'powerSupply',
  'fan',
  'sensor',
  'module',
  'port',
  'stack',
  'cpu',
  'energyObject',
  'battery',
  'storageDrive',
];

/** ENTITY-MIB (RFC 6933): the hardware as a tree, in the order of its indexes. */
export async function readEntity(reader: SnmpReader): Promise<HardwareFacts[]> {
  const rows = await reader.table([2, 4, 5, 7, 8, 9, 10, 11, 13].map((column) => `${PHYSICAL}.${column}`));
  const hardware: HardwareFacts[] = [];
  for (const [index, cells] of rows) {
    const number = Number(index);
    if (!Number.isInteger(number)) continue;
    const [descr, parent, kind, name, hardwareRev, firmwareRev, softwareRev, serial, model] = cells;
    hardware.push({
      index: number,
      parentIndex: numberOf(parent),
      class: CLASSES[numberOf(kind) ?? 0] ?? null,
      name: textOf(name),
      description: textOf(descr),
      model: textOf(model),
      serial: textOf(serial),
      hardwareRev: textOf(hardwareRev),
      firmwareRev: textOf(firmwareRev),
      softwareRev: textOf(softwareRev),
    });
  }
  return hardware;
}

/** What the hardware tree says of the device as a whole. */
export interface Whole {
  readonly model: string | null;
  readonly serial: string | null;
  readonly osVersion: string | null;
}

/**
 * The device as the tree has it: the first chassis, of a stack its first member's; without a chassis the entity that
 * is in nothing. What the chassis leaves open the first part that knows it says, for a box of one board is often
 * described on its board.
 */
export function wholeOf(hardware: readonly HardwareFacts[]): Whole {
  const chassis = hardware.filter((entity) => entity.class === 'chassis');
  const roots = chassis.length > 0 ? chassis : hardware.filter((entity) => (entity.parentIndex ?? 0) === 0);
  const boards = hardware.filter((entity) => entity.class === 'stack' || entity.class === 'module');
  const order = [...roots, ...boards];
  const first = (read: (entity: HardwareFacts) => string | null, from = order): string | null => {
    for (const entity of from) {
      const value = read(entity);
      if (value !== null && /[1-9a-z]/i.test(value) && !NOTHING.test(value)) return value;
    }
    return null;
  };
  return {
    model: first((entity) => entity.model, roots) ?? first((entity) => short(entity.description ?? entity.name), roots),
    serial: first((entity) => entity.serial),
    osVersion: first((entity) => entity.softwareRev) ?? first((entity) => entity.firmwareRev, roots),
  };
}

const NOTHING = /^(n\/?a|none|unknown|not (available|applicable|specified)|null|x+|default string|to be filled.*)$/i;

/** A description that is a name rather than a sentence. */
function short(text: string | null): string | null {
  if (text === null || text.split(/\s+/).length > 5 || !/\d/.test(text)) return null;
  return /ethernet|\bport\b|^unit\b|^slot\b/i.test(text) ? null : text;
}
