import { readArubaCx, readCef, readKeyValues, readPaloAlto, severityFromText } from './firewalls.ts';
import type { SyslogMessage } from './message.ts';
import { isDigit, isLetter } from './scan.ts';
import { readPairs, readStructuredData, setField } from './structured-data.ts';

const PERCENT = 37;
const COLON = 58;
const CAPITAL_C = 67;
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
  if (message.parseError === 'no_pri') message.severity = Math.min(7, text.charCodeAt(level) - 48);
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
  const level = text.charCodeAt(slash + 1) - 48;
  if (message.parseError === 'no_pri' && level >= 0 && level <= 7) message.severity = level;
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
  if (message.parseError === 'no_pri') for (const topic of message.app.split(',')) severityFromText(message, topic);
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

/**
 * Junos appends structured data to some lines in the old format too: `… TAG [junos@2636 …]`. The packet filter of Linux
 * has a prefix in brackets and then pairs: `[UFW BLOCK] IN=eth0 OUT= SRC=…`.
 */
function readBracket(message: SyslogMessage): void {
  const { text, body } = message;
  const fields: Record<string, string> = {};
  const end = readStructuredData(text, body, fields);
  if (end !== -1 && Object.keys(fields).length > 0) message.fields = fields;
  else readPacket(message);
}

function readPacket(message: SyslogMessage): void {
  const { text, body } = message;
  const start = text.indexOf('IN=', body);
  if (start === -1 || start - body > 100 || !text.includes(' SRC=', start)) return;
  const fields = readPairs(text, start);
  if (fields) message.fields = fields;
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

/** NX-OS names its virtual device first: `%$ VDC-1 %$ %ETHPORT-5-IF_UP: …`. */
function behindContext(text: string, at: number): number {
  const second = text.indexOf('%$ ', at + 3);
  return second !== -1 && second - at < TAG_MAX ? second + 3 : at;
}

/** Reads what follows time and host: whichever dialect's mark it bears, else a tag, else it is all message. */
export function readBody(message: SyslogMessage, at: number, zoneMinutes: number): void {
  const { text } = message;
  message.body = at;
  const first = text.charCodeAt(at);
  if (first === PERCENT) {
    if (text.startsWith('%$ ', at)) at = behindContext(text, at);
    const huawei = text.charCodeAt(at + 1) === PERCENT && isDigit(text.charCodeAt(at + 2));
    if (huawei ? readHuawei(message, at) : readCisco(message, at)) return;
  }
  if (isDigit(first) && readPaloAlto(message, at, zoneMinutes)) return;
  if (isLetter(first) && (readKeyValues(message, at, zoneMinutes) || readMikrotik(message, at))) return;
  if (first === CAPITAL_C && readCef(message, at)) return;
  if (!readTag(message, isDigit(first) ? readEventNumber(message, at) : at)) return;
  readTagged(message, zoneMinutes);
}

/** What stands behind a tag may be a dialect of its own. */
function readTagged(message: SyslogMessage, zoneMinutes: number): void {
  const { text, app, body } = message;
  const next = text.charCodeAt(body);
  // Behind a process name Cisco's newer systems have the mnemonic: `config[65738]: %MGBL-SYS-5-CONFIG_I : …`.
  if (next === PERCENT) {
    if (readCisco(message, body)) setField((message.fields ??= {}), 'process', app);
  } else if (next === 91) readBracket(message);
  else if (next >= 65 && next <= 90) {
    if (next === CAPITAL_C && readCef(message, body)) return;
    if (text.startsWith('IN=', body)) readPacket(message);
    else if (!readArubaCx(message, body)) readJunosEvent(message);
  } else if (isLetter(next) && readKeyValues(message, body, zoneMinutes) && app !== '') message.app = app;
}
