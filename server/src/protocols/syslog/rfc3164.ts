import { readBody } from './dialects.ts';
import type { DecodeContext, SyslogMessage } from './message.ts';
import { isDigit, isLetter, skipDigits, skipSpaces, wordEnd } from './scan.ts';
import type { Stamp } from './timestamp.ts';
import { readBsd, readIso } from './timestamp.ts';

const COLON = 58;
const STAR = 42;
const DAY_MS = 86_400_000;
/** What host names and addresses are written with, by code below 128: a table, since every line's host is looked at. */
const HOST_CODES = Uint8Array.from({ length: 128 }, (_, code) => {
  const isMark = '._:/%@(),-'.includes(String.fromCharCode(code));
  return isLetter(code) || isDigit(code) || isMark ? 1 : 0;
});

function isHost(text: string, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 128 && HOST_CODES[code] === 0) return false;
  }
  return true;
}

/** `*` and `.` before a Cisco time say that the clock is not set, or lost its source. */
function skipClockMark(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code === STAR || code === 46 ? at + 1 : at;
}

function readStamp(text: string, at: number, context: DecodeContext): Stamp | undefined {
  const start = skipClockMark(text, at);
  const iso = isDigit(text.charCodeAt(start)) ? readIso(text, start, context) : undefined;
  const stamp = iso ?? readBsd(text, start, context);
  // A clock that was never set counts from its epoch: its time says nothing.
  const unset = text.charCodeAt(at) === STAR && stamp && Math.abs(stamp.at - context.receivedAt) > DAY_MS;
  return unset ? { at: Number.NaN, end: stamp.end } : stamp;
}

/** `4711: `: the number that Cisco counts its lines with; up to two of them. */
function skipSequence(text: string, at: number): number {
  if (text.charCodeAt(at) === COLON && text.charCodeAt(at + 1) === 32) return skipSpaces(text, at + 1);
  for (let round = 0; round < 2; round++) {
    const end = skipDigits(text, at, 12);
    if (end === at || text.charCodeAt(end) !== COLON || text.charCodeAt(end + 1) !== 32) return at;
    at = skipSpaces(text, end + 1);
  }
  return at;
}

const UPTIME = /(?:\d{1,3}[ywdh]\d{1,2}[wdhm]|\d{1,4}:\d\d:\d\d): /y;

/** `2w3d: ` or `00:01:12: `: how long the device had been up, where its clock is not to be shown. */
function skipUptime(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) return at;
  UPTIME.lastIndex = at;
  return UPTIME.test(text) ? UPTIME.lastIndex : at;
}

/** The host that Cisco names before the time: `R1: *Mar  1 …`; IOS XR adds the node: `R1 RP/0/RSP0/CPU0:Nov 23 …`. */
function readLeadingHost(message: SyslogMessage, at: number, context: DecodeContext): Stamp | undefined {
  const { text } = message;
  const end = wordEnd(text, at);
  const colon = text.indexOf(':', at);
  if (text.charCodeAt(end - 1) === COLON && end - at > 1) {
    const stamp = readStamp(text, skipSpaces(text, end), context);
    if (stamp) message.host = text.slice(at, end - 1);
    return stamp;
  }
  if (colon === -1 || colon - end > 40 || end >= colon || text.charCodeAt(end + 1) === 32) return undefined;
  const node = text.slice(end + 1, colon);
  if (!node.includes('/CPU')) return undefined;
  const stamp = readStamp(text, colon + 1, context);
  if (stamp) message.host = text.slice(at, end);
  return stamp;
}

/** The host behind the time: a word that is no tag. Answers where the rest begins. */
function readHost(message: SyslogMessage, at: number): number {
  const { text } = message;
  const end = wordEnd(text, at);
  const last = text.charCodeAt(end - 1);
  if (end === at || end - at > 255 || end >= text.length) return at;
  const first = text.charCodeAt(at);
  if (last === COLON || first === 37 || first === 60) return at;
  // An IPv6 address may stand in brackets; any other bracket begins a message.
  const bracketed = first === 91 && last === 93 && text.indexOf(':', at) < end;
  const [from, to] = bracketed ? [at + 1, end - 1] : [at, end];
  if (!isHost(text, from, to)) return at;
  message.host = text.slice(from, to);
  // ASA writes `host : %ASA-…`.
  if (text.charCodeAt(end + 1) === COLON && text.charCodeAt(end + 2) === 32) return skipSpaces(text, end + 2);
  return skipSpaces(text, end);
}

/** Reads what follows the PRI by RFC 3164, and what devices make of it. */
export function readRfc3164(message: SyslogMessage, at: number, context: DecodeContext): void {
  const { text } = message;
  let place = skipSequence(text, skipSpaces(text, at));
  const numbered = place > at + 1;
  let stamp = readStamp(text, place, context);
  if (stamp === undefined && (numbered || text.startsWith(': ', wordEnd(text, place) - 1))) {
    stamp = readLeadingHost(message, place, context);
  }
  if (stamp === undefined) {
    readBody(message, skipUptime(text, place), context.zoneMinutes);
    return;
  }
  message.at = stamp.at;
  place = stamp.end;
  const closed = text.charCodeAt(place) === COLON;
  place = skipSpaces(text, closed ? place + 1 : place);
  // Behind `time:` Cisco goes on with the message; the host, if any, stood before.
  if (!closed && message.host === '') place = readHost(message, place);
  readBody(message, place, context.zoneMinutes);
}
