import { readArubaCx, readCef, readCheckPoint, readKeyValues, readPaloAlto } from './firewalls.ts';
import type { DecodeContext, SyslogMessage } from './message.ts';
import { isDigit, isLetter, SPACE, wordEnd } from './scan.ts';
import { readStructuredData } from './structured-data.ts';
import { readIso } from './timestamp.ts';

const NIL = '-';
const CAPITAL_C = 67;
const CAPITAL_E = 69;

function value(word: string): string {
  return word === NIL ? '' : word;
}

/** Where the message proper begins, behind the structured data; a byte order mark says UTF-8 and is no part of it. */
function bodyBehind(text: string, at: number): number {
  const start = text.charCodeAt(at) === SPACE ? at + 1 : at;
  return text.charCodeAt(start) === 0xfeff ? start + 1 : start;
}

/** Reads what follows `<PRI>1 ` by RFC 5424 section 6; what cannot be read is left to the message, and said. */
export function readRfc5424(message: SyslogMessage, at: number, context: DecodeContext): void {
  const { text } = message;
  message.body = at;
  let end = wordEnd(text, at);
  if (!(end === at + 1 && text.charCodeAt(at) === 45)) {
    const stamp = readIso(text, at, context);
    if (stamp === undefined || stamp.end !== end) {
      message.parseError = 'bad_header';
      return;
    }
    message.at = stamp.at;
  }
  let place = end + 1;
  for (let field = 0; field < 4; field++) {
    end = wordEnd(text, place);
    if (end === place) {
      message.parseError = 'bad_header';
      message.body = Math.min(place, text.length);
      return;
    }
    const word = value(text.slice(place, end));
    if (field === 0) message.host = word;
    else if (field === 1) message.app = word;
    else if (field === 2) message.procId = word;
    else message.msgId = word;
    place = end + 1;
  }
  const torn = text.indexOf('\n');
  if (torn !== -1 && torn < place) {
    // A line end in the header: two lines in one frame, or no syslog at all.
    message.host = message.app = message.procId = message.msgId = '';
    message.parseError = 'bad_header';
    return;
  }
  message.body = Math.min(place, text.length);
  const next = text.charCodeAt(place);
  if (next === 45 && (place + 1 === text.length || text.charCodeAt(place + 1) === SPACE)) {
    message.body = bodyBehind(text, place + 1);
    readDialect(message, context.zoneMinutes);
    return;
  }
  if (next !== 91) {
    message.parseError = 'bad_structured_data';
    return;
  }
  const fields: Record<string, string> = {};
  const behind = readStructuredData(text, place, fields);
  if (Object.keys(fields).length > 0) message.fields = fields;
  if (behind === -1) {
    if (!readCheckPoint(message, place)) message.parseError = 'bad_structured_data';
  } else message.body = bodyBehind(text, behind);
}

/** Where the structured data is empty, the message may have fields of its own. */
function readDialect(message: SyslogMessage, zoneMinutes: number): void {
  const { text, body, app } = message;
  const first = text.charCodeAt(body);
  if (first === CAPITAL_C) readCef(message, body);
  else if (first === CAPITAL_E) readArubaCx(message, body);
  else if (isDigit(first)) readPaloAlto(message, body, zoneMinutes);
  else if (isLetter(first) && readKeyValues(message, body, zoneMinutes) && app !== '') message.app = app;
}
