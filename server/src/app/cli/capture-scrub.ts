import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isBelow } from '#protocols/snmp/oid.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { createPseudonyms } from './capture-pseudonyms.ts';
import type { Pseudonyms } from './capture-pseudonyms.ts';
import {
  BRIDGE_IDS,
  ENGINE_ID,
  IPS,
  LEFT_OUT,
  LLDP_IDS,
  MACS,
  NAMES,
  PORT_LISTS,
  PORT_TEXTS,
  SERIALS,
} from './capture-columns.ts';
import { ipRuns, macRuns } from './capture-indexes.ts';

export interface ScrubOptions {
  /** Columns that hold serial numbers besides those of ENTITY-MIB. */
  readonly serialRoots: readonly string[];
  /** Communities and user names that the device was asked with. */
  readonly secrets: readonly string[];
}

/**
 * The same device under pseudonyms: names, contact, location, port descriptions, serial numbers, MAC and IP addresses,
 * its engine id, in values and in indexes; its access rules are left out. What a vendor hides in texts of its own may remain.
 */
export function scrub(varbinds: readonly SnmpVarbind[], options: ScrubOptions): SnmpVarbind[] {
  const kept = varbinds.filter(({ oid }) => !LEFT_OUT.some((root) => isBelow(oid, root)));
  const names = createPseudonyms();
  const rootOf = rootFinder(options.serialRoots);
  const subtypes = subtypesOf(kept);
  const whole = new Map<SnmpVarbind, string>();
  const phrases: string[] = [];
  for (const secret of options.secrets) {
    if (secret.length < 3 || /^(public|private)$/i.test(secret)) continue;
    names.text('secret-', secret);
    phrases.push(secret);
  }
  for (const varbind of kept) {
    learnAddresses(varbind, names);
    const chassis = learnId(varbind, subtypes, names);
    const kind = chassis ?? rootOf(varbind.oid);
    if (kind === undefined || !Buffer.isBuffer(varbind.value) || varbind.type !== SnmpType.octetString) continue;
    const text = varbind.value.toString('latin1').replace(/\0+$/, '').trim();
    if (text === '') continue;
    const other = names.text(kind, text);
    whole.set(varbind, other);
    if (kind === 'device-' && text.includes('.')) names.text(kind, text.slice(0, text.indexOf('.')));
    if (/^1\.3\.6\.1\.2\.1\.1\.[456]\.0$/.test(varbind.oid) && text.length >= 3) {
      phrases.push(text);
      if (kind === 'device-' && text.indexOf('.') >= 3) phrases.push(text.slice(0, text.indexOf('.')));
    }
  }
  const rewrite = textRewriter(names, phrases);
  return kept.map((varbind) => {
    const oid = otherIndex(varbind.oid, names);
    const other = whole.get(varbind);
    if (other !== undefined) return { ...varbind, oid, value: Buffer.from(other, 'latin1') };
    return { ...varbind, oid, value: otherValue(varbind, names, rewrite) };
  });
}

/** What the ids of LLDP are, as their own columns tell it. */
function subtypesOf(varbinds: readonly SnmpVarbind[]): ReadonlyMap<string, number> {
  const subtypes = new Map<string, number>();
  for (const { oid, value } of varbinds) {
    if (typeof value === 'number' && LLDP_IDS.some(({ subtype }) => isBelow(oid, subtype))) subtypes.set(oid, value);
  }
  return subtypes;
}

/** Makes the address known that an LLDP id is; tells what kind of name it is when it is one. */
function learnId({ oid, value }: SnmpVarbind, subtypes: ReadonlyMap<string, number>, names: Pseudonyms) {
  const column = LLDP_IDS.find(({ id }) => isBelow(oid, id));
  if (!column || !Buffer.isBuffer(value)) return undefined;
  const subtype = subtypes.get(column.subtype + oid.slice(column.id.length));
  if (subtype === column.mac && value.length === 6) names.mac(value);
  else if (subtype === column.address && (value.length === 5 || value.length === 17)) names.ip(value.subarray(1));
  else if (column.chassis && isPrintable(value)) return 'chassis-';
  return undefined;
}

function isPrintable(value: Buffer): boolean {
  return value.length > 0 && value.every((octet) => octet >= 0x20 && octet < 0x7f);
}

/** What kind of name a variable holds: by its column, looked up from the longest prefix down. */
function rootFinder(serialRoots: readonly string[]): (oid: string) => string | undefined {
  const roots = new Map<string, string>(NAMES);
  for (const root of [...SERIALS, ...serialRoots]) roots.set(root, 'SERIAL');
  return (oid) => {
    for (let end = oid.lastIndexOf('.'); end > 0; end = oid.lastIndexOf('.', end - 1)) {
      const kind = roots.get(oid.slice(0, end));
      if (kind !== undefined) return kind;
    }
    return undefined;
  };
}

/** Makes addresses known, so that they are found again in indexes and longer octets. */
function learnAddresses({ oid, type, value }: SnmpVarbind, names: Pseudonyms): void {
  for (const { octets, told } of ipRuns(oid)) if (told) names.ip(octets);
  for (const { octets } of macRuns(oid)) names.mac(octets);
  if (!Buffer.isBuffer(value)) return;
  if (type === SnmpType.ipAddress && value.length === 4) names.ip(value);
  else if (type === SnmpType.octetString && isMac(oid, value)) names.mac(value);
  else if (value.length === 4 && IPS.some((root) => isBelow(oid, root))) names.ip(value);
  else if (value.length === 8 && BRIDGE_IDS.some((root) => isBelow(oid, root))) names.mac(value.subarray(2));
  else if (oid === ENGINE_ID && value.length > 5) names.engine(value);
}

function isMac(oid: string, value: Buffer): boolean {
  if (value.length !== 6 || PORT_LISTS.some((root) => isBelow(oid, root))) return false;
  if (MACS.some((root) => isBelow(oid, root))) return true;
  const text = value.toString('utf8').replace(/\0+$/, '');
  return text.includes('\uFFFD') || /\p{Cc}/u.test(text.replaceAll(/[\r\n\t]/g, ' '));
}

function otherIndex(oid: string, names: Pseudonyms): string {
  const arcs = oid.split('.');
  let changed = false;
  for (const [engine, other] of names.engines()) {
    const at = `.${oid}.`.indexOf(`.${engine}.`);
    if (at !== -1 && engine !== other)
      return otherIndex(`${oid.slice(0, at)}${other}${oid.slice(at + engine.length)}`, names);
  }
  const put = (at: number, from: Uint8Array, to: Uint8Array): void => {
    arcs.splice(at, from.length, ...Array.from(to, String));
    changed = true;
  };
  const macsIn = macRuns(oid, (octets) => names.knowsMac(octets));
  for (const { at, octets } of macsIn) put(at, octets, names.mac(octets));
  for (const { at, octets } of ipRuns(oid, (found) => names.knowsIp(found))) {
    if (!macsIn.some((mac) => at < mac.at + 6 && mac.at < at + octets.length)) put(at, octets, names.ip(octets));
  }
  return changed ? arcs.join('.') : oid;
}

function otherValue(
  { oid, type, value }: SnmpVarbind,
  names: Pseudonyms,
  rewrite: (text: string) => string,
): SnmpVarbind['value'] {
  if (type === SnmpType.oid && typeof value === 'string') return otherIndex(value, names);
  if (!Buffer.isBuffer(value)) return value;
  if (type === SnmpType.ipAddress) return value.length === 4 ? names.ip(value) : value;
  if (type !== SnmpType.octetString || PORT_LISTS.some((root) => isBelow(oid, root))) return value;
  if (isMac(oid, value)) return names.mac(value);
  const engine = names.knownEngine(value);
  if (engine) return engine;
  if (value.length === 6 && names.knowsMac(value) && LLDP_IDS.some(({ id }) => isBelow(oid, id)))
    return names.mac(value);
  const prefix = value.length === 5 || value.length === 17 ? 1 : 0;
  const address = value.subarray(prefix);
  if ((address.length === 4 || address.length === 16) && names.knowsIp(address)) {
    return Buffer.concat([value.subarray(0, prefix), names.ip(address)]);
  }
  const octets = Buffer.from(value);
  for (let at = 0; at + 6 <= octets.length; at++) {
    const part = octets.subarray(at, at + 6);
    if (!names.knowsMac(part)) continue;
    octets.set(names.mac(part), at);
    at += 5;
  }
  const before = octets.toString('latin1');
  const repeated = PORT_TEXTS.some((root) => isBelow(oid, root)) ? names.known(before.trim()) : undefined;
  if (repeated !== undefined) return Buffer.from(repeated, 'latin1');
  const after = rewrite(before);
  return after === before ? octets : Buffer.from(after, 'latin1');
}

const MAC_TEXT = /(?<![\w:.-])[0-9a-f]{1,2}([:-])(?:[0-9a-f]{1,2}\1){4}[0-9a-f]{1,2}(?![\w:-])/gi;
const CISCO_MAC = /(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])/gi;
const IPV4_TEXT = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const IPV6_TEXT = /(?<![\w:])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*(?![\w:])/gi;
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_.-]*/gu;

function textRewriter(names: Pseudonyms, phrases: readonly string[]): (text: string) => string {
  const escaped = phrases.toSorted((a, b) => b.length - a.length).map((phrase) => RegExp.escape(phrase));
  const phrase = escaped.length > 0 ? new RegExp(`(?<![a-z0-9])(?:${escaped.join('|')})(?![a-z0-9])`, 'gi') : null;
  const macOf = (text: string): Buffer => names.mac(Buffer.from(text, 'hex'));
  const colons = (text: string): string => {
    const separator = text.includes(':') ? ':' : '-';
    const hex = text.split(separator).map((part) => part.padStart(2, '0'));
    return macOf(hex.join('')).toString('hex').match(/../g)?.join(separator) ?? '';
  };
  /** A version looks like an address: only those that the device uses, and private ones, are taken for one. */
  const quad = (text: string): string => {
    if (!isIPv4(text)) return text;
    const octets = Buffer.from(text.split('.').map(Number));
    const isPrivate = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(text);
    return isPrivate || names.knowsIp(octets) ? names.ip(octets).join('.') : text;
  };
  const six = (text: string): string => {
    if (!isIPv6(text)) return text;
    const octets = Buffer.from(ipaddr.parse(text).toByteArray());
    return ipaddr.fromByteArray([...names.ip(octets)]).toString();
  };
  const word = (text: string): string => {
    const bare = text.replace(/[.-]+$/, '');
    if (/^[0-9a-f]{12}$/i.test(bare) && names.knowsMac(Buffer.from(bare, 'hex'))) return macOf(bare).toString('hex');
    // A short name is too likely to mean something else; a port's description is a sentence, not a word.
    const known = bare.length >= 4 && !/^\d{1,5}$/.test(bare) ? names.known(bare) : undefined;
    return known === undefined || known.startsWith('alias-') ? text : known + text.slice(bare.length);
  };
  return (text) => {
    const named = phrase ? text.replace(phrase, (found) => names.known(found) ?? found) : text;
    return named
      .replace(MAC_TEXT, colons)
      .replace(CISCO_MAC, (found) => (macOf(found.replaceAll('.', '')).toString('hex').match(/.{4}/g) ?? []).join('.'))
      .replace(IPV4_TEXT, quad)
      .replace(IPV6_TEXT, six)
      .replace(WORD, word);
  };
}
