import { decodeText, ipOf } from '#collectors/snmp/knowledge/values.ts';
import type { IndexPart } from './schema.ts';

const SIZES: Readonly<Partial<Record<IndexPart['type'], number>>> = { number: 1, ipv4: 4, ipv6: 16, mac: 6 };

/**
 * An index taken apart (RFC 2578, section 7.7): a part of fixed size stands as it is, one of variable size has its
 * length before it unless it is implied, which then reaches to the end. Ends at the first part that does not fit.
 */
export function partsOf(index: string, layout: readonly IndexPart[]): { arcs: string; text: string }[] {
  const arcs = index === '' ? [] : index.split('.').map(Number);
  const parts: { arcs: string; text: string }[] = [];
  let at = 0;
  for (const part of layout) {
    const begin = at;
    let size = part.size ?? SIZES[part.type];
    // InetAddress in a Prometheus module stands for its type, its length and its octets.
    if (part.type === 'inet') at += 1;
    if (size === undefined) {
      size = part.implied ? arcs.length - at : arcs[at];
      if (!part.implied) at += 1;
    }
    if (size === undefined || size < 0 || at + size > arcs.length) break;
    const own = arcs.slice(at, at + size);
    at += size;
    parts.push({ arcs: arcs.slice(begin, at).join('.'), text: textOf(part.type, own) });
  }
  return parts;
}

function textOf(type: IndexPart['type'], arcs: readonly number[]): string {
  if (type === 'number') return arcs.join('.');
  const octets = Buffer.from(arcs);
  if (type === 'text') return decodeText(octets);
  if (type === 'mac') return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  if (type === 'octets') return octets.toString('hex');
  return ipOf(octets) ?? arcs.join('.');
}
