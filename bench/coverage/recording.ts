import { readFileSync } from 'node:fs';
import type { SnmpType, SnmpVarbind } from '@sotp/server/protocols/snmp/value.ts';

/** A recorded device: its instances in lexicographic order. `keys` sort as the OIDs do and are searched instead of them. */
export interface Recording {
  readonly keys: readonly string[];
  readonly oids: readonly string[];
  readonly varbinds: (SnmpVarbind | null)[];
  readonly lines: readonly string[];
}

/** Two UTF-16 units an arc, so that strings compare as OIDs do. */
export function keyOf(oid: string): string {
  let key = '';
  let arc = 0;
  for (let i = 0; i < oid.length; i++) {
    const code = oid.charCodeAt(i);
    if (code === 46) {
      key += String.fromCharCode(arc >>> 16, arc & 0xffff);
      arc = 0;
    } else arc = arc * 10 + code - 48;
  }
  return key + String.fromCharCode(arc >>> 16, arc & 0xffff);
}

/** Reads a .snmprec file; lines that are no record, and values that do not fit their tag, do not exist. */
export function readRecording(path: string): Recording {
  const seen = new Map<string, string>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const first = line.indexOf('|');
    if (first < 3) continue;
    const oid = line.slice(0, first).trim();
    if (!/^\d+(\.\d+)+$/.test(oid) || seen.has(oid)) continue;
    seen.set(oid, line.endsWith('\r') ? line.slice(first + 1, -1) : line.slice(first + 1));
  }
  const rows = [...seen].map(([oid, line]) => ({ oid, line, key: keyOf(oid) }));
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  const kept = rows.filter((row) => row.line.includes('|') && decode(row.oid, row.line) !== null);
  return {
    keys: kept.map((row) => row.key),
    oids: kept.map((row) => row.oid),
    lines: kept.map((row) => row.line),
    varbinds: kept.map(() => null),
  };
}

/** The varbind at a position, decoded on first use. */
export function varbindAt(recording: Recording, at: number): SnmpVarbind | null {
  const known = recording.varbinds[at];
  if (known) return known;
  const [oid, line] = [recording.oids[at], recording.lines[at]];
  if (oid === undefined || line === undefined) return null;
  return (recording.varbinds[at] = decode(oid, line));
}

const INTEGERS = new Set([2, 65, 66, 67, 70]);

function decode(oid: string, line: string): SnmpVarbind | null {
  const split = line.indexOf('|');
  const word = line.slice(0, split);
  const text = line.slice(split + 1);
  if (text.startsWith('No more variables left in this MIB View')) return null;
  const number = Number.parseInt(word, 10);
  const tag = number === 40 ? 65 : number;
  const type = tag as SnmpType;
  const hex = word.endsWith('x');
  if (INTEGERS.has(tag)) {
    const digits = text.trim();
    if (!/^-?\d+$/.test(digits)) return null;
    const value = Number(digits);
    return { oid, type, value: tag === 2 ? value | 0 || (value > 2147483647 ? value : value | 0) : value };
  }
  if (tag === 6) return { oid, type, value: text.trim().replace(/^\.|\.$/g, '') };
  if (tag === 5) return { oid, type, value: null };
  if (tag === 68) return opaque(oid, type, hex, text);
  if (tag === 64) return ipAddress(oid, type, hex, text);
  if (tag !== 4) return null;
  return { oid, type, value: octets(word, text) };
}

function octets(word: string, text: string): Buffer {
  if (word.endsWith('x')) return Buffer.from(text.replace(/[^0-9a-fA-F]/g, ''), 'hex');
  if (!word.endsWith('e')) return Buffer.from(text, 'latin1');
  const plain = text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, escape: string) => {
    if (escape.length === 3) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return { n: '\n', r: '\r', t: '\t', '0': '\0' }[escape] ?? escape;
  });
  return Buffer.from(plain, 'latin1');
}

function ipAddress(oid: string, type: SnmpType, hex: boolean, text: string): SnmpVarbind | null {
  const parts = hex ? [...Buffer.from(text.trim(), 'hex')] : text.trim().split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return null;
  return { oid, type, value: Buffer.from(parts) };
}

function opaque(oid: string, type: SnmpType, hex: boolean, text: string): SnmpVarbind | null {
  const float = /^\s*Float:\s*(-?[\d.]+(?:e[+-]?\d+)?)/i.exec(text);
  if (float) return { oid, type, value: Number(float[1]) };
  const data = hex ? Buffer.from(text.trim(), 'hex') : Buffer.from(text, 'latin1');
  // An opaque float or double (net-snmp's special types): 9f 78 04 …, 9f 79 08 …
  if (data.length === 7 && data[0] === 0x9f && data[1] === 0x78) return { oid, type, value: data.readFloatBE(3) };
  if (data.length === 11 && data[0] === 0x9f && data[1] === 0x79) return { oid, type, value: data.readDoubleBE(3) };
  return { oid, type, value: data };
}
