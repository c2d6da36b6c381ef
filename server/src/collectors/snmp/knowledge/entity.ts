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

/** The entity that stands for the device as a whole: the first chassis, of a stack its first member's. */
export function chassisOf(hardware: readonly HardwareFacts[]): HardwareFacts | null {
  const chassis = hardware.filter((entity) => entity.class === 'chassis');
  return chassis.find((entity) => entity.serial !== null || entity.model !== null) ?? chassis[0] ?? null;
}
