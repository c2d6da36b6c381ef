import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import type { FoundLine, LinePlace, LineSource, NewLine } from '#stores/logs/logs.ts';
import { NUMBER_CYCLE } from '#stores/logs/packed/pack.ts';
import type { PushEntry } from './push-body.ts';

/** Every stream of ours has this label; a query begins with it. */
export const SERVICE = 'sotp';
/** But for lines of the canary. */
export const CANARY_SERVICE = 'sotp-canary';
/** A line's number is its nanosecond and, for lines of one nanosecond, a hash that tells them apart. */
const TIES = 2 ** 31;
const NANOS = 1_000_000;
/** Loki takes 64 KiB of metadata; fields beyond this are left out, and the line, which has them too, stays. */
const FIELDS_MAX = 32 * 1024;

export interface StreamName {
  /** The collector process that received the line: it hands over in order, another one may lag behind. */
  readonly writer: string;
  readonly deviceId: number;
  readonly severity: number;
  /** Each has a spool of its own, and the one may lag behind the other. */
  readonly source: LineSource;
  readonly canary: boolean;
}

/** Few labels, of few values each: what lines are mostly asked by. Everything a sender chooses is metadata. */
export function streamLabels({ writer, deviceId, severity, source, canary }: StreamName): string {
  const labels = [
    writer === '' ? '' : `collector=${quote(writer)}`,
    `device="${deviceId}"`,
    `service_name="${canary ? CANARY_SERVICE : SERVICE}"`,
    `severity="${SEVERITY_NAMES[severity] ?? 'info'}"`,
    `source="${source}"`,
  ];
  return `{${labels.filter(Boolean).join(', ')}}`;
}

/** A string of LogQL, whose escapes are those of Go: JSON's are among them. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** Nanoseconds within the millisecond, from the number that the line was packed with: the same whenever it is sent. */
function nanosOf(number: number): number {
  // Never 0: a range that ends at a millisecond then means the same whether it includes its end or not.
  return Math.min(NANOS - 1, 1 + (number % NUMBER_CYCLE));
}

export function toEntry(line: NewLine & { readonly number: number }): PushEntry {
  const utf8 = isUtf8(line.raw);
  const metadata: [string, string][] = [];
  const add = (name: string, value: string) => {
    if (value !== '') metadata.push([name, value]);
  };
  add('host', line.host);
  add('app', line.app);
  add('procid', line.procId);
  add('msgid', line.msgId);
  add('sender', line.sender);
  add('facility', String(line.facility));
  add('sent_at', Number.isNaN(line.at) ? '' : String(line.at));
  add('body', line.body === 0 ? '' : String(line.body));
  add('parse_error', line.parseError);
  add('truncated', line.truncated ? 'true' : '');
  // Loki keeps text: other bytes go as if each were a character, and come back as bytes.
  add('encoding', utf8 ? '' : 'latin1');
  const fields = line.fields ? JSON.stringify(line.fields) : '';
  add('fields', fields.length > FIELDS_MAX ? '' : fields);
  return {
    ms: line.receivedAt,
    nanos: nanosOf(line.number),
    line: line.raw.toString(utf8 ? 'utf8' : 'latin1'),
    metadata,
  };
}

const Fields = z.record(z.string(), z.string());

function readFields(text: string | undefined): Readonly<Record<string, string>> | null {
  if (text === undefined) return null;
  // zod leaves `__proto__` out; a sender may have sent it.
  const value: unknown = JSON.parse(text);
  Fields.parse(value);
  return value as Record<string, string>;
}

function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** An instant as Loki writes it: nanoseconds since 1970, as text. Lines are received at whole milliseconds: the next one is meant. */
export function toNanos(ms: number, nanos = 0): string {
  return `${Math.ceil(ms)}${String(nanos).padStart(6, '0')}`;
}

/** The nanosecond at which a place lies. */
export function placeNanos({ receivedAt, number }: LinePlace): string {
  return toNanos(receivedAt, Math.min(NANOS - 1, Math.max(0, Math.floor(number / TIES))));
}

export function nextNano(nanos: string): string {
  return String(BigInt(nanos) + 1n);
}

/** A line out of an answer, with its number. */
export type LokiLine = FoundLine & { readonly number: number };

export function fromEntry(
  stream: Readonly<Record<string, string>>,
  nanos: string,
  text: string,
  metadata: Readonly<Record<string, string>>,
): LokiLine {
  const receivedAt = Number(nanos.slice(0, -6));
  const tie = hashOf(
    text,
    hashOf(`${stream['collector']}/${stream['device']}/${stream['severity']}/${stream['source']}`, 0x811c9dc5),
  );
  const number = Number(nanos.slice(-6)) * TIES + ((tie >>> 0) % TIES);
  const raw = Buffer.from(text, metadata['encoding'] === 'latin1' ? 'latin1' : 'utf8');
  const severity = SEVERITY_NAMES.findIndex((name) => name === stream['severity']);
  return {
    id: `${receivedAt.toString(36)}-${number.toString(36)}`,
    number,
    source: (stream['source'] ?? 'syslog') as LineSource,
    receivedAt,
    at: metadata['sent_at'] === undefined ? Number.NaN : Number(metadata['sent_at']),
    deviceId: Number(stream['device'] ?? 0),
    sender: metadata['sender'] ?? '',
    facility: Number(metadata['facility'] ?? 0),
    severity: severity < 0 ? 6 : severity,
    host: metadata['host'] ?? '',
    app: metadata['app'] ?? '',
    procId: metadata['procid'] ?? '',
    msgId: metadata['msgid'] ?? '',
    fields: readFields(metadata['fields']),
    parseError: metadata['parse_error'] ?? '',
    truncated: metadata['truncated'] === 'true',
    body: Number(metadata['body'] ?? 0),
    raw,
    text: raw.toString('utf8'),
  };
}
