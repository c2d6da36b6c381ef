import { encodeOid } from '@sotp/server/protocols/snmp/oid.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { buildMib, encodeNumber, encodeOctets, encodeOidValue } from './mib.ts';
import type { Mib, Variable } from './mib.ts';

/** What a device answered once, ready to be answered again. */
export interface Recording {
  readonly mib: Mib<undefined>;
  /** Lines that are no record: comments, masked names. */
  readonly noRecord: number;
  /** Records whose value does not fit their tag; these variables do not exist. */
  readonly unfit: number;
}

// `OID|tag|value` with text after the second bar as it is: it may hold further bars, and blanks count in a string.
const RECORD = /^\.?(\d+(?:\.\d+)+)\|(\d+)([a-z]*)\|(.*)$/s;
/** What a walk prints at its end; some recorders took it for a value. */
const WALK_END = 'No more variables left in this MIB View';

/**
 * Reads a recording in snmprec format, best as the octets of its file: they need not be UTF-8. What is no record or
 * does not fit is left out and counted, never thrown.
 */
export function parseRecording(file: string | Uint8Array): Recording {
  // One character an octet, so that strings come out as they went in.
  const text = Buffer.from(file).toString('latin1');
  const variables: Variable<undefined>[] = [];
  let noRecord = 0;
  let unfit = 0;
  for (const line of text.split('\n')) {
    const record = RECORD.exec(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (record === null) {
      if (line.trim() !== '') noRecord++;
      continue;
    }
    const [, dotted = '', tag = '', format = '', value = ''] = record;
    const oid = tryOid(dotted);
    if (oid === null) {
      noRecord++;
      continue;
    }
    const encoded = encodeValue(Number(tag), format, value);
    if (encoded === null) unfit++;
    else variables.push({ oid, value: encoded });
  }
  return { mib: buildMib(variables), noRecord, unfit };
}

function tryOid(dotted: string): Uint8Array | null {
  try {
    return encodeOid(dotted);
  } catch {
    return null;
  }
}

/** The value with tag and length, or null when it does not fit. */
function encodeValue(tag: number, format: string, text: string): Uint8Array | null {
  if (text.startsWith(WALK_END)) return null;
  const octets = format.startsWith('x') ? fromHex(text) : format === 'e' ? fromEscapes(text) : null;
  if (format !== '' && octets === null) return null;
  switch (tag) {
    case 2:
      return number(SnmpType.integer, text, -0x8000_0000n, 0x7fff_ffffn);
    case 40: // One recorder's way to write Counter32.
    case 65:
      return number(SnmpType.counter32, text, 0n, 0xffff_ffffn);
    case 66:
      return number(SnmpType.gauge32, text, 0n, 0xffff_ffffn);
    case 67:
      return number(SnmpType.timeTicks, text, 0n, 0xffff_ffffn);
    case 70:
      return number(SnmpType.counter64, text, 0n, 0xffff_ffff_ffff_ffffn);
    case 4:
      return encodeOctets(octets ?? Buffer.from(text, 'latin1'));
    case 5:
      return Uint8Array.of(SnmpType.null, 0);
    case 6: {
      const dotted = text.trim().replace(/\.$/, '');
      return tryOid(dotted) === null ? null : encodeOidValue(dotted);
    }
    case 64: {
      const address = octets ?? fromDottedQuad(text);
      return address?.length === 4 ? encodeOctets(address, SnmpType.ipAddress) : null;
    }
    case 68:
      return encodeOctets(octets ?? opaqueFloat(text) ?? Buffer.from(text, 'latin1'), SnmpType.opaque);
    default:
      return null;
  }
}

function number(tag: SnmpType, text: string, min: bigint, max: bigint): Uint8Array | null {
  const digits = text.trim();
  if (!/^[-+]?\d{1,20}$/.test(digits)) return null;
  const value = BigInt(digits.replace('+', ''));
  return value < min || value > max ? null : encodeNumber(tag, value);
}

function fromHex(text: string): Uint8Array | null {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, 'hex') : null;
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, a: 7, b: 8, f: 12, v: 11, '0': 0 };

/** Backslash escapes: `\x1f` and those of C; another character after the backslash stands for itself. */
function fromEscapes(text: string): Uint8Array {
  const octets: number[] = [];
  for (const [, hex, letter, plain = ''] of text.matchAll(/\\x([0-9a-fA-F]{2})|\\(.)|([^\\])/gs)) {
    if (hex !== undefined) octets.push(Number.parseInt(hex, 16));
    else if (letter !== undefined) octets.push(ESCAPES[letter] ?? letter.charCodeAt(0));
    else octets.push(plain.charCodeAt(0));
  }
  return Uint8Array.from(octets);
}

function fromDottedQuad(text: string): Uint8Array | null {
  const parts = text.trim().split('.');
  const fits = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return fits ? Uint8Array.from(parts, Number) : null;
}

/** `Float: 0.08`: a float inside an Opaque (net-snmp's special types), printed instead of dumped. */
function opaqueFloat(text: string): Uint8Array | null {
  const float = /^\s*Float:\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*$/.exec(text)?.[1];
  if (float === undefined) return null;
  const octets = Buffer.from([0x9f, 0x78, 4, 0, 0, 0, 0]);
  octets.writeFloatBE(Number(float), 3);
  return octets;
}
