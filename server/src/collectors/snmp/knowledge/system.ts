import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { SystemFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { planned } from './reading.ts';
import type { Reading } from './reading.ts';
import { numberOf, textOf } from './values.ts';

const SYSTEM = '1.3.6.1.2.1.1';
/** By it the notifications of a device are known whose address is another one. */
const SNMP_ENGINE_ID = '1.3.6.1.6.3.10.2.1.1.0';

/** The system group (RFC 3418): who the device says it is, and how long it has been up. */
export async function readSystem(reader: SnmpReader): Promise<Reading & { facts: { system: SystemFacts } }> {
  const [descr, objectId, upTime, contact, name, location, engine] = await reader.get([
    ...[1, 2, 3, 4, 5, 6].map((column) => `${SYSTEM}.${column}.0`),
    SNMP_ENGINE_ID,
  ]);
  const ticks = numberOf(upTime);
  const system: SystemFacts = {
    ...emptyInventory().system,
    sysDescr: textOf(descr),
    sysObjectId: textOf(objectId)?.replace(/^\./, '') ?? null,
    sysName: textOf(name),
    contact: textOf(contact),
    location: textOf(location),
    uptimeSeconds: ticks === null ? null : ticks / 100,
    ...(Buffer.isBuffer(engine?.value) && engine.value.length >= 5 && { snmpEngineId: engine.value.toString('hex') }),
  };
  const series = ticks === null ? [] : [planned(`${SYSTEM}.3.0`, 'sysUpTime', 'gauge', 's', {}, { scale: 0.01 })];
  return { facts: { system }, series };
}
