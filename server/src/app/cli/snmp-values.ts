import { isIPv4 } from 'node:net';
import { AppError } from '#platform/errors.ts';
import { oidNamed } from '#protocols/mib/search.ts';
import type { MibTree, MibType } from '#protocols/mib/tree.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';

/** Types as they may be written before a value, and what SMI calls them. */
const TYPES: Readonly<Record<string, OutgoingVarbind['type']>> = {
  integer: SnmpType.integer,
  unsigned: SnmpType.gauge32,
  counter: SnmpType.counter32,
  counter64: SnmpType.counter64,
  ticks: SnmpType.timeTicks,
  string: SnmpType.octetString,
  hex: SnmpType.octetString,
  oid: SnmpType.oid,
  ip: SnmpType.ipAddress,
};
const OF_BASE: Readonly<Record<string, string>> = {
  INTEGER: 'integer',
  Gauge32: 'unsigned',
  Counter32: 'counter',
  Counter64: 'counter64',
  TimeTicks: 'ticks',
  'OCTET STRING': 'string',
  BITS: 'hex',
  'OBJECT IDENTIFIER': 'oid',
  IpAddress: 'ip',
};

/** Reads `ifAdminStatus.3=down`, `sysContact.0=me`, `1.3.6.1.4.1.9.9.1.0=integer:5`. Throws `bad_request`. */
export function readAssignment(tree: MibTree, text: string): OutgoingVarbind {
  const at = text.indexOf('=');
  if (at < 1) throw new AppError('bad_request', `${JSON.stringify(text)} is no NAME=VALUE.`);
  const oid = oidNamed(tree, text.slice(0, at).trim());
  const known = tree.nearest(oid)?.node;
  const type = known?.kind === 'object' ? known.type : null;
  const given = /^([a-z0-9]+):(.*)$/s.exec(text.slice(at + 1));
  const named = given && Object.hasOwn(TYPES, given[1] ?? '') ? given[1] : undefined;
  const kind = named ?? (type ? OF_BASE[type.base] : undefined);
  const value = named === undefined ? text.slice(at + 1) : (given?.[2] ?? '');
  if (kind === undefined) {
    const kinds = Object.keys(TYPES).join(', ');
    throw new AppError(
      'bad_request',
      `No MIB says the type of ${oid}: write ${text.slice(0, at)}=TYPE:VALUE with one of ${kinds}.`,
    );
  }
  return { oid, type: TYPES[kind] ?? SnmpType.octetString, value: valueOf(tree, kind, value, type) };
}

function valueOf(tree: MibTree, kind: string, text: string, type: MibType | null): OutgoingVarbind['value'] {
  switch (kind) {
    case 'string':
      return text;
    case 'hex':
      return hexOctets(text);
    case 'oid':
      return oidNamed(tree, text);
    case 'ip':
      if (!isIPv4(text)) throw new AppError('bad_request', `${JSON.stringify(text)} is no IPv4 address.`);
      return Buffer.from(text.split('.').map(Number));
    default:
      return numberOf(text, type);
  }
}

function hexOctets(text: string): Buffer {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits))
    throw new AppError('bad_request', `${JSON.stringify(text)} are no hexadecimal octets.`);
  return Buffer.from(digits, 'hex');
}

function numberOf(text: string, type: MibType | null): number | bigint {
  const label = [...(type?.enums ?? [])].find(([, name]) => name === text);
  if (label) return label[0];
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }
  const labels = type?.enums ? `: it is one of ${[...type.enums.values()].join(', ')}` : '';
  throw new AppError('bad_request', `${JSON.stringify(text)} is no number${labels}.`);
}
