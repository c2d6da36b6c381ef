import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { OutgoingVarbind } from '@sotp/server/protocols/snmp/varbind.ts';

/** Columns that are polled of each port: what SOTP's plan reads and what the peers walk. */
export const COLUMNS = [
  '1.3.6.1.2.1.31.1.1.1.6',
  '1.3.6.1.2.1.31.1.1.1.10',
  '1.3.6.1.2.1.31.1.1.1.7',
  '1.3.6.1.2.1.31.1.1.1.11',
  '1.3.6.1.2.1.31.1.1.1.8',
  '1.3.6.1.2.1.31.1.1.1.9',
  '1.3.6.1.2.1.2.2.1.14',
  '1.3.6.1.2.1.2.2.1.20',
  '1.3.6.1.2.1.2.2.1.13',
  '1.3.6.1.2.1.2.2.1.19',
  '1.3.6.1.2.1.2.2.1.8',
];

/** What the sysUpTime of a simulated switch begins with: four octets in BER. */
export const UPTIME = 123_456_789;

/** Passwords of user `u`: SHA-256 and AES-128. */
export const V3 = { auth: 'authentic-secret', priv: 'private-secret' };

/** The same as a credential. */
export const v3Credential: CredentialSecret = {
  kind: 'snmp-v3',
  secret: {
    username: 'u',
    securityLevel: 'authPriv',
    authProtocol: 'SHA256',
    authKey: V3.auth,
    privProtocol: 'AES',
    privKey: V3.priv,
  },
};

/** Everything that a simulated switch answers, in order. */
export function switchValues(ports: number): OutgoingVarbind[] {
  const text = (value: string) => ({ type: SnmpType.octetString, value });
  const system = [
    { oid: '1.3.6.1.2.1.1.1.0', ...text('Simulated switch') },
    { oid: '1.3.6.1.2.1.1.2.0', type: SnmpType.oid, value: '1.3.6.1.4.1.8072.3.2.10' },
    { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: UPTIME },
    { oid: '1.3.6.1.2.1.1.5.0', ...text('switch') },
    { oid: '1.3.6.1.2.1.2.1.0', type: SnmpType.integer, value: ports },
  ];
  const rows = Array.from({ length: ports }, (_, i) => i + 1);
  const column = (oid: string, of: (row: number) => Omit<OutgoingVarbind, 'oid'>): OutgoingVarbind[] =>
    rows.map((row) => ({ oid: `${oid}.${row}`, ...of(row) }));
  const ifTable = '1.3.6.1.2.1.2.2.1';
  const ifXTable = '1.3.6.1.2.1.31.1.1.1';
  const counter32 = (row: number) => ({ type: SnmpType.counter32, value: row * 997 });
  const counter64 = (row: number) => ({ type: SnmpType.counter64, value: 2 ** 36 + row * 1_000_003 });
  const integer = (value: number) => () => ({ type: SnmpType.integer, value });
  return [
    ...system,
    ...column(`${ifTable}.2`, (row) => text(`GigabitEthernet1/0/${row}`)),
    ...column(`${ifTable}.3`, integer(6)),
    ...column(`${ifTable}.7`, integer(1)),
    ...column(`${ifTable}.8`, integer(1)),
    ...[13, 14, 19, 20].flatMap((n) => column(`${ifTable}.${n}`, counter32)),
    ...column(`${ifXTable}.1`, (row) => text(`Gi1/0/${row}`)),
    ...[6, 7, 8, 9, 10, 11].flatMap((n) => column(`${ifXTable}.${n}`, counter64)),
    ...column(`${ifXTable}.18`, (row) => text(`port ${row}`)),
  ];
}

/** The loopback address of a simulated switch. */
export function addressOf(device: number): string {
  return `127.${60 + Math.floor(device / 62_500)}.${Math.floor(device / 250) % 250}.${(device % 250) + 1}`;
}
