import type { VlanFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { arcsOf, textOf } from './values.ts';

/** Tables whose rows are VLANs and whose last index arc is the VLAN id, with the column that names it. */
const NAME_TABLES = [
  // Q-BRIDGE-MIB dot1qVlanStaticName (RFC 4363); IEEE8021-Q-BRIDGE-MIB, with the bridge component before the id
  '1.3.6.1.2.1.17.7.1.4.3.1.1',
  '1.3.111.2.802.1.1.4.1.4.3.1.3',
  // CISCO-VTP-MIB vtpVlanName, with the management domain before the id
  '1.3.6.1.4.1.9.9.46.1.3.1.1.4',
];
/** dot1qVlanFdbId: VLANs that exist now, by time mark and id, named or not. */
const CURRENT = '1.3.6.1.2.1.17.7.1.4.2.1.3';

/** The VLANs that the device knows, with their names where it has one. */
export async function readVlans(reader: SnmpReader): Promise<VlanFacts[]> {
  const vlans = new Map<number, VlanFacts>();
  const add = (index: string, name: string | null): void => {
    const id = arcsOf(index).at(-1);
    if (id === undefined || id < 1 || id > 4095) return;
    if (vlans.get(id)?.name == null) vlans.set(id, { id, name });
  };
  for (const column of NAME_TABLES) {
    for (const varbind of await reader.walk(column)) add(varbind.oid.slice(column.length + 1), textOf(varbind));
  }
  for (const varbind of await reader.walk(CURRENT)) add(varbind.oid.slice(CURRENT.length + 1), null);
  return [...vlans.values()].sort((a, b) => a.id - b.id);
}

/** VLANs of the standard tables, and of vendors' tables those that are new or named there only. */
export function joinVlans(standard: readonly VlanFacts[], vendor: readonly VlanFacts[]): VlanFacts[] {
  const byId = new Map(standard.map((vlan) => [vlan.id, vlan]));
  for (const vlan of vendor) if (byId.get(vlan.id)?.name == null) byId.set(vlan.id, vlan);
  return [...byId.values()].sort((a, b) => a.id - b.id);
}
