import { isUtf8 } from 'node:buffer';
import type { DecodeContext, SyslogMessage } from './message.ts';
import { isDigit, readNumber, skipDigits } from './scan.ts';
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
  if (text.charCodeAt(rest) === 49 && text.charCodeAt(rest + 1) === 32 && message.parseError === '') {
    readRfc5424(message, rest + 2, context);
  } else {
    readRfc3164(message, rest, context);
  }
  if (text.includes('\0') || (ascii === undefined && text.includes('\ufffd') && !isUtf8(bytes))) {
    message.parseError = 'encoding';
  }
  return message;
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
