import type { SyslogMessage } from './message.ts';
import { isDigit, isLetter } from './scan.ts';
import { readPairs, readStructuredData, setField } from './structured-data.ts';

const PERCENT = 37;
const COLON = 58;
const TAG_MAX = 64;

const DASH = 45;
const SPACE = 32;

/** `%FACILITY-5-MNEMONIC: …` of Cisco; also `%FACILITY-SUB-5-MNEMONIC`. True when it was one. */
function readCisco(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  let end = at + 1;
  let level = -1;
  for (; end < at + 100 && end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === COLON || code === SPACE) break;
    // The first single digit between two dashes is the severity.
    if (level === -1 && code === DASH && end > at + 1 && isDigit(text.charCodeAt(end + 1))) {
      if (text.charCodeAt(end + 2) === DASH) level = end + 1;
    }
  }
  if (level === -1) return false;
  message.app = text.slice(at + 1, level - 1);
  message.msgId = text.slice(level + 2, end);
  message.body = at;
  return true;
}

/** `%%01MODULE/5/MNEMONIC(l)[12]:…` of Huawei, `%%10MODULE/5/MNEMONIC: …` of Comware. */
function readHuawei(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  const start = at + 4;
  const slash = text.indexOf('/', start);
  const second = slash === -1 ? -1 : text.indexOf('/', slash + 1);
  if (second === -1 || second - start > 64 || second - slash > 2) return false;
  let end = second + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (!isLetter(code) && !isDigit(code) && code !== 95 && code !== DASH) break;
  }
  message.app = text.slice(start, slash);
  message.msgId = text.slice(second + 1, end);
  message.body = at;
  return true;
}

/** `1,2026/11/23 10:00:00,001801000001,TRAFFIC,end,…` of Palo Alto: the kinds are what one searches by. */
function readPaloAlto(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  if (text.charCodeAt(at + 1) !== 44 || text.charCodeAt(at + 6) !== 47) return false;
  const [, , serial, kind, subKind] = text.slice(at, at + 200).split(',');
  if (serial === undefined || kind === undefined || !/^[A-Z-]{3,20}$/.test(kind)) return false;
  message.app = kind;
  message.body = at;
  const fields: Record<string, string> = {};
  if (serial !== '') setField(fields, 'serial', serial);
  if (subKind) setField(fields, 'subtype', subKind);
  message.fields = fields;
  return true;
}

/** `date=… time=… devname="…"`: Fortinet and its kin. */
function readKeyValues(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  const equals = text.indexOf('=', at);
  const space = text.indexOf(' ', at);
  if (equals <= at || (space !== -1 && space < equals)) return false;
  // One `x=y` in prose makes no dialect: three pairs do.
  const second = text.indexOf('=', equals + 1);
  if (second === -1 || text.indexOf('=', second + 1) === -1) return false;
  const fields = readPairs(text, at);
  if (fields === null) return false;
  message.fields = fields;
  message.body = at;
  message.host ||= fields['devname'] ?? fields['device_name'] ?? '';
  if (message.app === '') message.app = fields['type'] ?? '';
  if (message.msgId === '') message.msgId = fields['logid'] ?? fields['log_id'] ?? '';
  if (Number.isNaN(message.at) && fields['eventtime'] !== undefined && /^\d{10,19}$/.test(fields['eventtime'])) {
    // Seconds, milliseconds or nanoseconds, by release; told apart by length.
    const digits = fields['eventtime'];
    message.at = digits.length >= 19 ? Number(digits.slice(0, 13)) : Number(digits.padEnd(13, '0').slice(0, 13));
  }
  return true;
}

/** MikroTik's topics, `system,info,account …`: a word of lower-case names and commas. */
function readMikrotik(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  let end = at;
  let commas = 0;
  for (; end < at + TAG_MAX; end++) {
    const code = text.charCodeAt(end);
    if (code === 44) commas++;
    else if (!((code >= 97 && code <= 122) || code === 45 || isDigit(code) || code === 33)) break;
  }
  const code = text.charCodeAt(end);
  if (commas === 0 || (code !== 32 && code !== COLON) || text.charCodeAt(end - 1) === 44) return false;
  message.app = text.slice(at, end);
  message.body = code === COLON ? end + 1 : end;
  while (text.charCodeAt(message.body) === 32) message.body++;
  return true;
}

/** `sshd[1234]: …`, `kernel: …`, `00076 ports: …`: the tag of RFC 3164 section 4.1.3. */
function readTag(message: SyslogMessage, at: number): boolean {
  const { text } = message;
  let end = at;
  for (; end < at + TAG_MAX; end++) {
    const code = text.charCodeAt(end);
    if (code === COLON || code === 91 || code === 32 || Number.isNaN(code)) break;
  }
  if (end === at || end === at + TAG_MAX) return false;
  let place = end;
  let procId = '';
  if (text.charCodeAt(end) === 91) {
    const close = text.indexOf(']', end);
    if (close === -1 || close - end > 64) return false;
    procId = text.slice(end + 1, close);
    place = close + 1;
  }
  if (text.charCodeAt(place) === COLON) place++;
  else if (procId === '') return false;
  const next = text.charCodeAt(place);
  if (next !== 32 && !Number.isNaN(next) && procId === '') return false;
  message.app = text.slice(at, end);
  message.procId = procId;
  while (text.charCodeAt(place) === 32) place++;
  message.body = place;
  return true;
}

/** ProCurve puts the number of its event before the tag: `00076 ports: …`. */
function readEventNumber(message: SyslogMessage, at: number): number {
  const { text } = message;
  for (let i = at; i < at + 5; i++) if (!isDigit(text.charCodeAt(i))) return at;
  if (text.charCodeAt(at + 5) !== 32) return at;
  message.msgId = text.slice(at, at + 5);
  return at + 6;
}

/** Junos appends structured data to some lines in the old format too: `… TAG [junos@2636 …]`. */
function readTrailingData(message: SyslogMessage): void {
  const { text, body } = message;
  if (text.charCodeAt(body) !== 91) return;
  const fields: Record<string, string> = {};
  const end = readStructuredData(text, body, fields);
  if (end !== -1 && Object.keys(fields).length > 0) message.fields = fields;
}

/** `RPD_BGP_NEIGHBOR_STATE_CHANGED: …`: Junos names its events in capitals behind the tag. */
function readJunosEvent(message: SyslogMessage): void {
  const { text, body } = message;
  let end = body;
  let underscores = 0;
  for (; end < body + TAG_MAX; end++) {
    const code = text.charCodeAt(end);
    if (code === 95) underscores++;
    else if (!((code >= 65 && code <= 90) || isDigit(code))) break;
  }
  if (underscores > 0 && end - body > 5 && text.charCodeAt(end) === COLON) message.msgId = text.slice(body, end);
}

/** Reads what follows time and host: whichever dialect's mark it bears, else a tag, else it is all message. */
export function readBody(message: SyslogMessage, at: number): void {
  const { text } = message;
  message.body = at;
  const first = text.charCodeAt(at);
  if (first === PERCENT) {
    const huawei = text.charCodeAt(at + 1) === PERCENT && isDigit(text.charCodeAt(at + 2));
    if (huawei ? readHuawei(message, at) : readCisco(message, at)) return;
  }
  if (isDigit(first) && readPaloAlto(message, at)) return;
  if (isLetter(first) && (readKeyValues(message, at) || readMikrotik(message, at))) return;
  if (!readTag(message, isDigit(first) ? readEventNumber(message, at) : at)) return;
  const next = text.charCodeAt(message.body);
  // Behind a process name Cisco's newer systems have the mnemonic: `config[65738]: %MGBL-SYS-5-CONFIG_I : …`.
  if (next === PERCENT) {
    const { app, body } = message;
    if (readCisco(message, body)) setField((message.fields ??= {}), 'process', app);
  } else if (next === 91) readTrailingData(message);
  else if (next >= 65 && next <= 90) readJunosEvent(message);
  else if (isLetter(next)) {
    const { app, body } = message;
    if (readKeyValues(message, body) && app !== '') message.app = app;
  }
}
