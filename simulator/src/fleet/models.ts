import type { SimulatedKind } from './device.ts';

/** A product line as its SNMP agent presents itself. */
export interface Model {
  readonly sysObjectId: string;
  readonly sysDescr: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly software: string;
  /** First three octets of its MAC addresses. */
  readonly oui: readonly [number, number, number];
  /** Name of its nth port, uplinks counted apart. */
  readonly portName: (n: number, uplink: boolean) => string;
}

const ARISTA: Model = {
  sysObjectId: '1.3.6.1.4.1.30065.1.3011.7280.2733.3.48.6',
  sysDescr: 'Arista Networks EOS version 4.31.2F running on an Arista Networks DCS-7280SR3-48YC8',
  manufacturer: 'Arista Networks',
  model: 'DCS-7280SR3-48YC8',
  software: '4.31.2F',
  oui: [0x2c, 0xdd, 0xe9],
  portName: (n, uplink) => (uplink ? `Ethernet${48 + n}/1` : `Ethernet${n}`),
};
const CISCO: Model = {
  sysObjectId: '1.3.6.1.4.1.9.1.2494',
  sysDescr:
    'Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4, RELEASE SOFTWARE (fc1)',
  manufacturer: 'Cisco Systems, Inc.',
  model: 'C9300-48T',
  software: '17.9.4',
  oui: [0x70, 0x1f, 0x53],
  portName: (n, uplink) => (uplink ? `TenGigabitEthernet1/1/${n}` : `GigabitEthernet1/0/${n}`),
};
const JUNIPER: Model = {
  sysObjectId: '1.3.6.1.4.1.2636.1.1.1.2.131',
  sysDescr: 'Juniper Networks, Inc. ex3400-48t Ethernet Switch, kernel JUNOS 21.4R3-S5.4, Build date: 2023-08-11',
  manufacturer: 'Juniper Networks',
  model: 'EX3400-48T',
  software: '21.4R3-S5.4',
  oui: [0xd0, 0x07, 0xca],
  portName: (n, uplink) => (uplink ? `xe-0/2/${n - 1}` : `ge-0/0/${n - 1}`),
};
const ARUBA: Model = {
  sysObjectId: '1.3.6.1.4.1.47196.4.1.1.1.100',
  sysDescr: 'Aruba JL664A 6300M 24-port 1GbE, FL.10.13.1000',
  manufacturer: 'Aruba',
  model: 'JL664A',
  software: 'FL.10.13.1000',
  oui: [0x88, 0x3a, 0x30],
  portName: (n, uplink) => (uplink ? `1/2/${n}` : `1/1/${n}`),
};
const MIKROTIK: Model = {
  sysObjectId: '1.3.6.1.4.1.14988.1',
  sysDescr: 'RouterOS CCR2004-16G-2S+',
  manufacturer: 'MikroTik',
  model: 'CCR2004-16G-2S+',
  software: '7.15.3',
  oui: [0x48, 0xa9, 0x8a],
  portName: (n, uplink) => (uplink ? `sfp-sfpplus${n}` : `ether${n}`),
};
const LINUX: Model = {
  sysObjectId: '1.3.6.1.4.1.8072.3.2.10',
  sysDescr: 'Linux server 6.1.0-25-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.106-3 (2024-08-26) x86_64',
  manufacturer: 'Dell Inc.',
  model: 'PowerEdge R650',
  software: '6.1.0-25-amd64',
  oui: [0xb4, 0x45, 0x06],
  portName: (n) => (n === 1 ? 'lo' : `eno${n - 1}`),
};
const UPS: Model = {
  sysObjectId: '1.3.6.1.4.1.534.1',
  sysDescr: 'Eaton 9PX 3000i, UPS with network card, firmware 2.5.4',
  manufacturer: 'Eaton',
  model: '9PX 3000i',
  software: '2.5.4',
  oui: [0x00, 0x20, 0x85],
  portName: () => 'eth0',
};

/** What devices of a kind may be. */
export const MODELS: Readonly<Record<SimulatedKind, readonly [Model, ...Model[]]>> = {
  core: [ARISTA],
  distribution: [ARISTA, CISCO],
  access: [CISCO, JUNIPER, ARUBA],
  router: [MIKROTIK],
  server: [LINUX],
  ups: [UPS],
};
