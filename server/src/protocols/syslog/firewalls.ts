import type { SyslogMessage } from './message.ts';
import { isDigit, isLetter, readNumber } from './scan.ts';
import { readPairs, setField } from './structured-data.ts';
import { readIso } from './timestamp.ts';

const COMMA = 44;
const QUOTE = 34;
const COLUMNS_MAX = 48;
const PAIRS_MAX = 128;

/** Severities as devices spell them in their text, for lines whose PRI says nothing. */
const LEVELS: Readonly<Record<string, number>> = {
  emergency: 0,
  emerg: 0,
  alert: 1,
  critical: 2,
  crit: 2,
  error: 3,
  err: 3,
  warning: 4,
  warn: 4,
  notice: 5,
  notification: 5,
  information: 6,
  informational: 6,
  info: 6,
  debug: 7,
};

/** Takes the severity that the text names when there is no PRI to say it. */
export function severityFromText(message: SyslogMessage, level: string | undefined): void {
  if (message.parseError !== 'no_pri' || level === undefined) return;
  const severity = LEVELS[level.toLowerCase()];
  if (severity !== undefined) message.severity = severity;
}

/** Columns of a CSV line, a quoted one without its quotes; no more than anybody asks for. */
function csvColumns(text: string, at: number): string[] {
  const columns: string[] = [];
  for (let place = at; columns.length < COLUMNS_MAX;) {
    let end: number;
    if (text.charCodeAt(place) === QUOTE) {
      end = place + 1;
      // Two quotes in a quoted column are one quote.
      while (end < text.length && (text.charCodeAt(end) !== QUOTE || text.charCodeAt(end + 1) === QUOTE)) {
        end += text.charCodeAt(end) === QUOTE ? 2 : 1;
      }
      columns.push(text.slice(place + 1, end).replaceAll('""', '"'));
      end++;
    } else {
      end = text.indexOf(',', place);
      if (end === -1) end = text.length;
      columns.push(text.slice(place, end));
    }
    if (text.charCodeAt(end) !== COMMA) break;
    place = end + 1;
  }
  return columns;
}

/** Columns of TRAFFIC and THREAT by their number, and of SYSTEM and CONFIG, as PAN-OS lays them out. */
const FLOW_COLUMNS: readonly (readonly [number, string])[] = [
  [7, 'src'],
  [8, 'dst'],
  [11, 'rule'],
  [12, 'srcuser'],
  [14, 'app'],
  [15, 'vsys'],
  [16, 'from'],
  [17, 'to'],
  [18, 'inbound_if'],
  [19, 'outbound_if'],
  [22, 'sessionid'],
  [24, 'sport'],
  [25, 'dport'],
  [29, 'proto'],
  [30, 'action'],
];
const SYSTEM_COLUMNS: readonly (readonly [number, string])[] = [
  [8, 'eventid'],
  [9, 'object'],
  [12, 'module'],
  [13, 'severity'],
];
const PALO_ALTO_COLUMNS: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  TRAFFIC: FLOW_COLUMNS,
  THREAT: FLOW_COLUMNS,
  SYSTEM: SYSTEM_COLUMNS,
};

/** `1,2026/11/23 10:00:00,001801000001,TRAFFIC,end,…` of Palo Alto: the kinds are what one searches by. */
export function readPaloAlto(message: SyslogMessage, at: number, zoneMinutes: number): boolean {
  const { text } = message;
  if (text.charCodeAt(at + 1) !== COMMA || text.charCodeAt(at + 6) !== 47) return false;
  const columns = csvColumns(text, at);
  const [, , serial = '', kind = '', subKind = ''] = columns;
  if (!/^[A-Z-]{3,20}$/.test(kind)) return false;
  message.app = kind;
  message.body = at;
  const fields: Record<string, string> = {};
  if (serial !== '') setField(fields, 'serial', serial);
  if (subKind !== '') setField(fields, 'subtype', subKind);
  for (const [column, name] of PALO_ALTO_COLUMNS[kind] ?? []) {
    const value = columns[column];
    if (value) setField(fields, name, value);
  }
  if (kind === 'SYSTEM' && message.msgId === '') message.msgId = fields['eventid'] ?? '';
  message.fields = fields;
  if (Number.isNaN(message.at))
    message.at = readIso(columns[1] ?? '', 0, { receivedAt: 0, zoneMinutes })?.at ?? Number.NaN;
  return true;
}

/** The instant in the pairs of Fortinet: `eventtime`, or `date` and `time` in the zone `tz`. */
function fortinetTime(fields: Readonly<Record<string, string>>, zoneMinutes: number): number {
  const { eventtime, date, time, tz } = fields;
  if (eventtime !== undefined && /^\d{10,19}$/.test(eventtime)) {
    // Seconds, milliseconds or nanoseconds, by release; told apart by length.
    return eventtime.length >= 19 ? Number(eventtime.slice(0, 13)) : Number(eventtime.padEnd(13, '0').slice(0, 13));
  }
  if (date === undefined || time === undefined) return Number.NaN;
  return readIso(`${date}T${time}${tz ?? ''}`, 0, { receivedAt: 0, zoneMinutes })?.at ?? Number.NaN;
}

/** `date=… time=… devname="…"`: Fortinet and its kin. */
export function readKeyValues(message: SyslogMessage, at: number, zoneMinutes: number): boolean {
  const { text } = message;
  const equals = text.indexOf('=', at);
  if (equals <= at || equals - at > 64) return false;
  const space = text.indexOf(' ', at);
  if (space !== -1 && space < equals) return false;
  // One `x=y` in prose makes no dialect: three pairs do.
  const second = text.indexOf('=', equals + 1);
  if (second === -1 || text.indexOf('=', second + 1) === -1) return false;
  const fields = readPairs(text, at);
  if (fields === null) return false;
  message.fields = fields;
  message.body = at;
  message.host ||= fields['devname'] ?? fields['device_name'] ?? '';
  if (message.app === '') message.app = fields['type'] ?? fields['log_type'] ?? '';
  if (message.msgId === '') message.msgId = fields['logid'] ?? fields['log_id'] ?? '';
  if (Number.isNaN(message.at)) message.at = fortinetTime(fields, zoneMinutes);
  severityFromText(message, fields['level'] ?? fields['severity']);
  return true;
}

/** `CEF:0|vendor|product|version|signature|name|severity|key=value …`: what many devices can be told to send. */
export function readCef(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  if (!text.startsWith('CEF:', at) || !isDigit(text.charCodeAt(at + 4))) return false;
  const parts: string[] = [];
  let place = text.indexOf('|', at) + 1;
  while (parts.length < 6 && place > 0) {
    let end = place;
    // A bar that is part of a name has a backslash before it.
    while (end < text.length && text.charCodeAt(end) !== 124) end += text.charCodeAt(end) === 92 ? 2 : 1;
    if (end >= text.length) return false;
    parts.push(text.slice(place, end).replaceAll(/\\([|\\])/g, '$1'));
    place = end + 1;
  }
  const [vendor = '', product = '', , signature = '', name = '', level = ''] = parts;
  if (parts.length < 6) return false;
  message.app = product;
  message.msgId = signature;
  message.body = at;
  const fields: Record<string, string> = {};
  for (const [key, value] of [
    ['vendor', vendor],
    ['name', name],
    ['severity', level],
  ] as const) {
    if (value !== '') setField(fields, key, value);
  }
  for (const [key, value] of Object.entries(readExtension(text, place))) setField(fields, key, value);
  message.fields = fields;
  return true;
}

/** `src=10.0.0.1 msg=words with spaces dst=…`: a value goes on until the next word with an equals sign. */
function readExtension(text: string, at: number): Record<string, string> {
  const fields: Record<string, string> = {};
  const marks: { name: string; start: number; value: number }[] = [];
  for (let equals = text.indexOf('=', at); equals !== -1 && marks.length < 64; equals = text.indexOf('=', equals + 1)) {
    if (text.charCodeAt(equals - 1) === 92) continue;
    let start = equals;
    while (start > at && isNameCode(text.charCodeAt(start - 1)) && equals - start < 64) start--;
    if (start < equals && (start === at || text.charCodeAt(start - 1) === 32)) {
      marks.push({ name: text.slice(start, equals), start, value: equals + 1 });
    }
  }
  for (const [i, { name, value }] of marks.entries()) {
    const end = (marks[i + 1]?.start ?? text.length + 1) - 1;
    setField(
      fields,
      name,
      text
        .slice(value, end)
        .trimEnd()
        .replaceAll(/\\([=\\])/g, '$1'),
    );
  }
  return fields;
}

function isNameCode(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 95 || code === 46;
}

/** `Event|109|LOG_INFO|AMM|1/1|text` of Aruba CX. */
export function readArubaCx(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  if (!text.startsWith('Event|', at)) return false;
  const [, event = '', level = '', module = '', slot = ''] = text.slice(at, at + 200).split('|');
  if (event === '' || Number.isNaN(readNumber(event, 0, event.length))) return false;
  message.msgId = event;
  const fields: Record<string, string> = message.fields ?? {};
  if (module !== '') setField(fields, 'module', module);
  if (slot !== '' && slot !== '-') setField(fields, 'slot', slot);
  message.fields = fields;
  severityFromText(message, level.replace(/^LOG_/, ''));
  return true;
}

/** `[action:"Accept"; ifname:"eth1"; …]` of Check Point: fields where structured data belongs, in a form of its own. */
export function readCheckPoint(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  const fields: Record<string, string> = {};
  let place = at + 1;
  for (let pairs = 0; pairs < PAIRS_MAX; pairs++) {
    const colon = text.indexOf(':"', place);
    if (colon <= place || colon - place > 64) return false;
    let end = colon + 2;
    while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === 92 ? 2 : 1;
    if (end >= text.length) return false;
    setField(fields, text.slice(place, colon), text.slice(colon + 2, end).replaceAll(/\\(["\\\]])/g, '$1'));
    place = end + 1;
    if (text.charCodeAt(place) === 59) place++;
    while (text.charCodeAt(place) === 32) place++;
    if (text.charCodeAt(place) === 93) {
      message.fields = fields;
      message.body = Math.min(text.length, place + 1);
      if (message.body === text.length) message.body = at;
      return true;
    }
  }
  return false;
}
