import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';

type Cell = SnmpVarbind | null | undefined;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');

/** The number that a value holds, or null; text is never parsed here. */
export function numberOf(cell: Cell): number | null {
  const value = cell?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** As `numberOf`, and text that begins with a number ("23.5 C", "-4,2 dBm") gives that number. */
export function numberIn(cell: Cell): number | null {
  const value = cell?.value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const text = textOf(cell);
  if (text === null) return null;
  const found = /^[^0-9+.-]{0,3}([+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?)/.exec(text);
  return found?.[1] === undefined ? null : Number(found[1].replace(',', '.'));
}

/** Octets as text: UTF-8 where they are, else Latin-1; cut at the first NUL, trimmed. */
export function decodeText(octets: Buffer): string {
  const end = octets.indexOf(0);
  const used = end === -1 ? octets : octets.subarray(0, end);
  try {
    return utf8.decode(used).trim();
  } catch {
    return latin1.decode(used).trim();
  }
}

/** What a value says as text, or null when it says nothing. Numbers and OBJECT IDENTIFIERs become their digits. */
export function textOf(cell: Cell): string | null {
  const value = cell?.value;
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value === '' ? null : value;
  if (cell?.type === SnmpType.ipAddress) return ipOf(value);
  const text = decodeText(value);
  return text === '' ? null : text;
}

/** A MAC address in lower case with colons, or null when the octets are none or all zero. */
export function macOf(cell: Cell): string | null {
  const value = cell?.value;
  if (!Buffer.isBuffer(value)) return null;
  if (value.length === 6) return value.some((octet) => octet !== 0) ? macText(value) : null;
  // Some agents answer the address as text, "00:11:22:33:44:55" or "0:11:22:33:44:55".
  const parts = decodeText(value).split(/[:.\- ]/);
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) return null;
  return parts.map((part) => part.padStart(2, '0').toLowerCase()).join(':');
}

function macText(octets: Buffer): string {
  const hex = octets.toString('hex');
  return `${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}:${hex.slice(6, 8)}:${hex.slice(8, 10)}:${hex.slice(10, 12)}`;
}

/** An IPv4 or IPv6 address from its 4 or 16 octets (RFC 5952 form), or null. */
export function ipOf(octets: Buffer | readonly number[]): string | null {
  if (octets.length === 4) return Array.from(octets).join('.');
  if (octets.length !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0));
  let from = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [from, length] = [i, end - i];
  }
  const hex = groups.map((group) => group.toString(16));
  if (from === -1) return hex.join(':');
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + length).join(':')}`;
}

/** The numbers of an index, "1.4.10" -> [1, 4, 10]. */
export function arcsOf(index: string): number[] {
  return index === '' ? [] : index.split('.').map(Number);
}

/** Binary floats leave 23.400000000000002; twelve digits are beyond any sensor. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
