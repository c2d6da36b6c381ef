// Where standard MIBs hold what must not be told: names, serial numbers, addresses. Facts of RFC 3418, 2863, 6933, 3805,
// 1628, 4188, IEEE 802.1AB and 802.3ad, and of CISCO-CDP-MIB.

const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const LLDP = '1.0.8802.1.1.2.1';
const CDP = '1.3.6.1.4.1.9.9.23.1.2.1.1';
const BRIDGE = '1.3.6.1.2.1.17';

/**
 * The agent's own access rules, users, communities and trap targets (RFC 3413 to 3415, 3584), and what programs were
 * started with: left out as a whole.
 */
export const LEFT_OUT = [12, 13, 15, 16, 18].map((module) => `1.3.6.1.6.3.${module}`).concat('1.3.6.1.2.1.25.4.2.1.5');

export const SERIALS = [`${ENTITY}.11`, `${ENTITY}.15`, `${ENTITY}.18`, `${ENTITY}.19`].concat([
  '1.3.6.1.2.1.43.5.1.1.17',
  `${LLDP}.5.4795.1.2.5`,
  `${LLDP}.5.4795.1.2.8`,
  `${LLDP}.5.4795.1.3.3.1.4`,
  `${LLDP}.5.4795.1.3.3.1.7`,
]);

/** Columns that hold a name, and what it is called instead. */
export const NAMES: readonly (readonly [root: string, kind: string])[] = [
  ['1.3.6.1.2.1.1.5', 'device-'],
  ['1.3.6.1.2.1.1.4', 'contact-'],
  ['1.3.6.1.2.1.1.6', 'location-'],
  ['1.3.6.1.2.1.31.1.1.1.18', 'alias-'],
  [`${ENTITY}.14`, 'alias-'],
  ['1.3.6.1.2.1.33.1.1.5', 'device-'],
  ['1.3.6.1.2.1.43.5.1.1.4', 'contact-'],
  ['1.3.6.1.2.1.43.5.1.1.5', 'contact-'],
  ['1.3.6.1.2.1.43.5.1.1.16', 'device-'],
  [`${LLDP}.3.3`, 'device-'],
  [`${LLDP}.4.1.1.9`, 'device-'],
  ['1.3.111.2.802.1.1.13.1.3.3', 'device-'],
  ['1.3.111.2.802.1.1.13.1.4.1.1.10', 'device-'],
  [`${CDP}.6`, 'device-'],
  [`${CDP}.10`, 'domain-'],
  [`${CDP}.17`, 'device-'],
  [`${CDP}.22`, 'location-'],
  ['1.3.6.1.4.1.9.9.23.1.3.4', 'device-'],
  ['1.3.6.1.4.1.9.2.1.3', 'device-'],
];

/** Columns of MacAddress: their six octets are one whatever they look like. */
export const MACS = ['1.3.6.1.2.1.2.2.1.6', '1.3.6.1.2.1.3.1.1.2', '1.3.6.1.2.1.4.22.1.2'].concat([
  `${BRIDGE}.1.1`,
  `${BRIDGE}.4.3.1.1`,
]);

/** Ids of a chassis or port that say in another column what they are: a MAC address (which code), an address, a text. */
export const LLDP_IDS: readonly {
  readonly id: string;
  readonly subtype: string;
  readonly mac: number;
  readonly address: number;
  /** A port's text is a port name and stays; a chassis' text is a name of the device. */
  readonly chassis: boolean;
}[] = [
  { id: `${LLDP}.3.2`, subtype: `${LLDP}.3.1`, mac: 4, address: 5, chassis: true },
  { id: `${LLDP}.4.1.1.5`, subtype: `${LLDP}.4.1.1.4`, mac: 4, address: 5, chassis: true },
  { id: `${LLDP}.3.7.1.3`, subtype: `${LLDP}.3.7.1.2`, mac: 3, address: 4, chassis: false },
  { id: `${LLDP}.4.1.1.7`, subtype: `${LLDP}.4.1.1.6`, mac: 3, address: 4, chassis: false },
];
/** Descriptions of ports that often repeat ifAlias. */
export const PORT_TEXTS = [`${LLDP}.3.7.1.4`, `${LLDP}.4.1.1.8`];

/** A bridge id: two octets of priority, then a MAC address. */
export const BRIDGE_IDS = [`${BRIDGE}.2.5`, `${BRIDGE}.2.15.1.6`, `${BRIDGE}.2.15.1.8`];
/** Bit strings of ports, which are no addresses whatever their length. */
export const PORT_LISTS = [`${BRIDGE}.7.1.4`, '1.2.840.10006.300.43.1.1.2'];
/** IpAddress as four octets of a string. */
export const IPS = [`${CDP}.4`, `${CDP}.19`, `${CDP}.21`];
/** snmpEngineID (RFC 3411). */
export const ENGINE_ID = '1.3.6.1.6.3.10.2.1.1.0';
