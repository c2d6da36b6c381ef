import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { InterfaceFacts, Inventory, SystemFacts } from '@sotp/contract/inventory.ts';

/** The facts that change between discoveries. */
export interface LivingFacts {
  system: SystemFacts | null;
  interfaces: InterfaceFacts[] | null;
}

const PORT: InterfaceFacts = {
  ifIndex: 1,
  ifName: 'Gi1/0/1',
  ifDescr: 'GigabitEthernet1/0/1',
  ifAlias: '',
  ifType: 6,
  ifMtu: 1500,
  speedBps: 1_000_000_000,
  mac: null,
  adminStatus: 'up',
  operStatus: 'up',
};

/** What devices say of themselves and their ports, for the compressor to refer to. What stands last is nearest at hand. */
const TYPICAL: LivingFacts = {
  interfaces: [
    { ...PORT, ifName: 'Vlan1', ifDescr: 'Vlan1', ifType: 53, adminStatus: 'down', operStatus: 'notPresent' },
    { ...PORT, ifName: 'ge-0/0/0', ifDescr: 'ge-0/0/0', ifMtu: 1514, operStatus: 'lowerLayerDown' },
    { ...PORT, ifName: 'Te1/1/1', ifDescr: 'TenGigabitEthernet1/1/1', ifMtu: 9000, speedBps: 10_000_000_000 },
    { ...PORT, ifName: 'eth0', ifDescr: 'eth0', mac: '00:00:00:00:00:00', ifAlias: 'port 1', operStatus: 'down' },
    { ...PORT, ifMtu: null, speedBps: null },
    PORT,
    { ...PORT, ifIndex: 2, ifName: 'Gi1/0/2', ifDescr: 'GigabitEthernet1/0/2' },
  ],
  system: {
    sysObjectId: '1.3.6.1.4.1.',
    sysDescr: 'Linux x86_64; Cisco IOS Software, Version, RELEASE SOFTWARE; Juniper Networks, Inc.; Switch; Router',
    sysName: null,
    location: null,
    contact: null,
    uptimeSeconds: 1,
    vendor: null,
    model: null,
    os: null,
    osVersion: null,
    serial: null,
  },
};
const DICTIONARY = Buffer.from(JSON.stringify(TYPICAL));

/** Keeps the facts that may change between discoveries, compressed: they are needed seldom, and there are many devices. */
export function rememberFacts(facts: Partial<Inventory>): string {
  const living: LivingFacts = { system: facts.system ?? null, interfaces: facts.interfaces ?? null };
  // A text of one octet a character: it costs less than a buffer, and nothing outside the heap.
  return deflateRawSync(JSON.stringify(living), { dictionary: DICTIONARY, level: 9 }).toString('latin1');
}

/** What `rememberFacts` kept. */
export function recallFacts(kept: string): LivingFacts {
  // Our own JSON, written by `rememberFacts` in this process.
  const json = inflateRawSync(Buffer.from(kept, 'latin1'), { dictionary: DICTIONARY }).toString('utf8');
  return JSON.parse(json) as LivingFacts;
}
