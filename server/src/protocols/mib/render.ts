import { isIPv4 } from 'node:net';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { formatInteger, formatOctets } from './hint.ts';
import type { MibNode, MibTree, MibType } from './tree.ts';

/** A varbind for people. */
export interface NamedVarbind {
  readonly oid: string;
  /** `ifOperStatus`; null when nothing at or above the OID has a name that says anything. */
  readonly name: string | null;
  readonly module: string | null;
  /** What of the OID is below the name: `5`, `1.4.10.0.0.1`; empty when nothing is. */
  readonly instance: string;
  /** `down`, `10.0.0.1`, `00:11:22:33:44:55`. */
  readonly value: string;
  /** The label of an enumeration apart from its number; null when the value is none. */
  readonly number: number | null;
  readonly units: string | null;
}

/** Nodes so far up say nothing about what hangs below: `enterprises.9.9.41`. */
const ROOT_ARCS = 7;

function meaningful(node: MibNode): boolean {
  return node.kind === 'object' || node.oid.split('.').length > ROOT_ARCS;
}

/** Names a varbind and its value. */
export function nameVarbind(tree: MibTree, varbind: SnmpVarbind): NamedVarbind {
  const found = tree.nearest(varbind.oid);
  const node = found && meaningful(found.node) ? found.node : null;
  const type = node?.kind === 'object' ? node.type : null;
  const { type: wire, value } = varbind;
  const enumerated = wire === SnmpType.integer && typeof value === 'number' && type?.enums?.has(value) === true;
  return {
    oid: varbind.oid,
    name: node?.name ?? null,
    module: node?.module ?? null,
    instance: node && found ? found.rest : '',
    value: formatValue(tree, varbind, type),
    number: enumerated ? Number(value) : null,
    units: type && typeof value === 'number' ? (node?.units ?? null) : null,
  };
}

/** The OID by name: `IF-MIB::ifOperStatus.5`, else as numbers. */
export function nameOid(tree: MibTree, oid: string, withModule = true): string {
  const found = tree.nearest(oid);
  if (!found || !meaningful(found.node)) return oid;
  const { node, rest } = found;
  return `${withModule ? `${node.module}::` : ''}${node.name}${rest === '' ? '' : `.${rest}`}`;
}

/** A value as text, without its unit. */
export function formatValue(tree: MibTree, { type: wire, value }: SnmpVarbind, type: MibType | null): string {
  switch (wire) {
    case SnmpType.noSuchObject:
      return 'no such object';
    case SnmpType.noSuchInstance:
      return 'no such instance';
    case SnmpType.endOfMibView:
      return 'end of MIB view';
    case SnmpType.timeTicks:
      return formatTicks(Number(value));
    case SnmpType.oid:
      return typeof value === 'string' ? nameOid(tree, value) : '';
    case SnmpType.ipAddress:
      return Buffer.isBuffer(value) ? formatAddress(value) : '';
    default:
  }
  if (typeof value === 'number') {
    const label = wire === SnmpType.integer ? type?.enums?.get(value) : undefined;
    return label ?? (type?.hint ? formatInteger(type.hint, value) : null) ?? String(value);
  }
  if (Buffer.isBuffer(value)) return formatString(value, type);
  return value === null ? '' : value;
}

function formatString(octets: Buffer, type: MibType | null): string {
  if (type?.base === 'BITS') return formatBits(octets, type);
  if (type?.name.startsWith('InetAddress') && type.name !== 'InetAddressDNS') {
    if (octets.length === 4 || octets.length === 16) return formatAddress(octets);
  }
  const hint = type?.hint;
  // A hint of plain text does not make text of what is none.
  if (hint && !/^\d+[at]$/.test(hint)) {
    const text = formatOctets(hint, octets);
    if (text !== null) return text;
  }
  return asText(octets) ?? octets.toString('hex').replaceAll(/(..)(?!$)/g, '$1 ');
}

/** Octets as text when they are UTF-8 without control characters, apart from line ends and zeros behind it. */
function asText(octets: Buffer): string | null {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end -= 1;
  if (end === 0 && octets.length > 0) return null;
  const text = octets.toString('utf8', 0, end);
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/.test(text) ? null : text;
}

function formatBits(octets: Buffer, { enums }: MibType): string {
  const set: string[] = [];
  for (let bit = 0; bit < octets.length * 8; bit += 1) {
    if (((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) set.push(enums?.get(bit) ?? String(bit));
  }
  return set.join(' ');
}

/** Four or sixteen octets as an address. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[i * 2] ?? 0) << 8) | (octets[i * 2 + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  const zeros = text.match(/(?:^|:)0(?::0)+(?=:|$)/g)?.toSorted((a, b) => b.length - a.length)[0];
  const short = zeros === undefined ? text : text.replace(zeros, '::').replace(':::', '::');
  return isIPv4(short) ? text : short;
}

/** Hundredths of a second as `12d 3:04:05.67`. */
export function formatTicks(ticks: number): string {
  const days = Math.floor(ticks / 8_640_000);
  const hours = Math.floor(ticks / 360_000) % 24;
  const two = (number: number) => String(number % 60).padStart(2, '0');
  const rest = `${hours}:${two(Math.floor(ticks / 6_000))}:${two(Math.floor(ticks / 100))}.${String(ticks % 100).padStart(2, '0')}`;
  return days > 0 ? `${days}d ${rest}` : rest;
}
