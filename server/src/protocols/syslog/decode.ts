import { isUtf8 } from 'node:buffer';
import type { DecodeContext, SyslogMessage } from './message.ts';
import { isDigit, readNumber, skipDigits, SPACE } from './scan.ts';
import { readRfc3164 } from './rfc3164.ts';
import { readRfc5424 } from './rfc5424.ts';

/** RFC 3164 section 4.3.3: a line without a PRI is from `user`, at `notice`. */
const DEFAULT_FACILITY = 1;
const DEFAULT_SEVERITY = 5;
const PRI_MAX = 191;

/**
 * Reads one syslog line of whatever format. Never throws and keeps every line: what cannot be read is message, and
 * `parseError` says so. `bytes` end where the frame ends; line ends and NULs behind it are not part of the line. Who has
 * the line's text already, since it is ASCII, gives it as `ascii`.
 */
export function decodeSyslog(bytes: Buffer, context: DecodeContext, ascii?: string): SyslogMessage {
  const text = ascii ?? bytes.toString('utf8');
  const message: SyslogMessage = {
    text,
    facility: DEFAULT_FACILITY,
    severity: DEFAULT_SEVERITY,
    at: Number.NaN,
    host: '',
    app: '',
    procId: '',
    msgId: '',
    body: 0,
    fields: null,
    parseError: '',
  };
  const rest = readPri(message);
  const version = message.parseError === '' ? versionEnd(text, rest) : 0;
  if (version > 0) {
    readRfc5424(message, version + 1, context);
  } else {
    readRfc3164(message, rest, context);
  }
  if (text.includes('\0') || (ascii === undefined && text.includes('\ufffd') && !isUtf8(bytes))) {
    message.parseError = 'encoding';
  }
  return message;
}

/**
 * Where the version of RFC 5424 ends; 0 when there is none. Versions other than 1 are not defined, but some write them:
 * they count when a time or its absence follows.
 */
function versionEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const end = first === 48 ? at : skipDigits(text, at, 3);
  if (end === at || text.charCodeAt(end) !== SPACE) return 0;
  if (first === 49 && end === at + 1) return end;
  const time = text.charCodeAt(end + 5) === 45 && text.charCodeAt(end + 8) === 45;
  return time || (text.charCodeAt(end + 1) === 45 && text.charCodeAt(end + 2) === SPACE) ? end : 0;
}

/** `<134>`: facility times eight plus severity. Answers where the line goes on. */
function readPri(message: SyslogMessage): number {
  const { text } = message;
  const end = text.charCodeAt(0) === 60 ? skipDigits(text, 1, 10) : 0;
  if (end < 2 || text.charCodeAt(end) !== 62) {
    message.parseError = 'no_pri';
    return 0;
  }
  const pri = readNumber(text, 1, end - 1);
  if (pri > PRI_MAX || end > 4 || (end > 2 && text.charCodeAt(1) === 48 && isDigit(text.charCodeAt(2)))) {
    message.parseError = 'bad_pri';
  }
  if (pri <= PRI_MAX) {
    message.facility = pri >> 3;
    message.severity = pri & 7;
  }
  return end + 1;
}

/** Where a line ends without the line ends and NULs that senders put behind it. */
export function trimmedEnd(bytes: Buffer, start: number, end: number): number {
  while (end > start) {
    const last = bytes[end - 1];
    if (last !== 10 && last !== 13 && last !== 0) break;
    end--;
  }
  return end;
}
