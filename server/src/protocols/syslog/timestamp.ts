import type { DecodeContext } from './message.ts';
import { isDigit, isLetter, readNumber, skipDigits, skipSpaces, SPACE } from './scan.ts';

/** An instant and where the text goes on behind it. */
export interface Stamp {
  at: number;
  end: number;
}

/** The three letters of a month as one number, lower case. */
function letters(text: string, at: number): number {
  return ((text.charCodeAt(at) | 32) << 16) | ((text.charCodeAt(at + 1) | 32) << 8) | (text.charCodeAt(at + 2) | 32);
}

const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, i) => [
    letters(name, 0),
    i,
  ]),
);
const COLON = 58;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Minutes east of UTC; only names that mean one zone wherever they are written. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  MEZ: 60,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  JST: 540,
  KST: 540,
  AEST: 600,
  AEDT: 660,
};

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function month(text: string, at: number): number {
  return isLetter(text.charCodeAt(at)) ? (MONTHS.get(letters(text, at)) ?? -1) : -1;
}

/** `+02:00`, `+0200`, `-5`, `Z`: minutes east in `at`, or NaN with the place unmoved. */
function offset(text: string, at: number): Stamp {
  const sign = text.charCodeAt(at);
  if ((sign | 32) === 122) return { at: 0, end: at + 1 };
  if (sign !== 43 && sign !== 45) return { at: Number.NaN, end: at };
  const hoursEnd = skipDigits(text, at + 1, 2);
  if (hoursEnd === at + 1) return { at: Number.NaN, end: at };
  const minutesAt = text.charCodeAt(hoursEnd) === 58 ? hoursEnd + 1 : hoursEnd;
  const minutes = readNumber(text, minutesAt, 2);
  const east = readNumber(text, at + 1, hoursEnd - at - 1) * 60 + (Number.isNaN(minutes) ? 0 : minutes);
  return { at: sign === 45 ? -east : east, end: Number.isNaN(minutes) ? hoursEnd : minutesAt + 2 };
}

/** Milliseconds of a fraction that begins behind its dot or comma. */
function fraction(text: string, at: number, end: number): number {
  let ms = 0;
  let unit = 100;
  for (let i = at; i < end && unit >= 1; i++, unit /= 10) ms += (text.charCodeAt(i) - 48) * unit;
  return ms;
}

/** `10:00:00`, perhaps with a fraction behind `.`, `,` or (Comware) `:`; ms of the day, or NaN. */
function timeOfDay(text: string, at: number): Stamp {
  const hourEnd = skipDigits(text, at, 2);
  const none = { at: Number.NaN, end: at };
  if (hourEnd === at || text.charCodeAt(hourEnd) !== 58 || text.charCodeAt(hourEnd + 3) !== 58) return none;
  const hour = readNumber(text, at, hourEnd - at);
  const minute = readNumber(text, hourEnd + 1, 2);
  const second = readNumber(text, hourEnd + 4, 2);
  // A leap second is 60 (RFC 5424 has none, devices do).
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return none;
  let end = hourEnd + 6;
  let ms = ((hour * 60 + minute) * 60 + second) * 1000;
  const mark = text.charCodeAt(end);
  if ((mark === 46 || mark === 44 || mark === 58) && isDigit(text.charCodeAt(end + 1))) {
    const fractionEnd = skipDigits(text, end + 1, 9);
    ms += fraction(text, end + 1, fractionEnd);
    end = fractionEnd;
  }
  return { at: ms, end };
}

/** `2026-11-23T10:00:00.5+01:00`; also with a space or slashes, and without a zone, as devices write it. */
export function readIso(text: string, at: number, context: DecodeContext): Stamp | undefined {
  const year = readNumber(text, at, 4);
  const dash = text.charCodeAt(at + 4);
  if (Number.isNaN(year) || (dash !== 45 && dash !== 47) || text.charCodeAt(at + 7) !== dash) return undefined;
  const monthNumber = readNumber(text, at + 5, 2);
  const day = readNumber(text, at + 8, 2);
  const between = text.charCodeAt(at + 10);
  if ((between | 32) !== 116 && between !== SPACE) return undefined;
  const time = timeOfDay(text, at + 11);
  if (Number.isNaN(time.at) || !validDate(monthNumber - 1, day)) return undefined;
  const zone = offset(text, time.end);
  const east = Number.isNaN(zone.at) ? context.zoneMinutes : zone.at;
  return { at: Date.UTC(year, monthNumber - 1, day) + time.at - east * MINUTE_MS, end: zone.end };
}

function validDate(monthIndex: number, day: number): boolean {
  return day >= 1 && day <= (MONTH_DAYS[monthIndex] ?? 0);
}

let knownYear = 1970;
let knownFrom = 0;
let knownTo = 0;

/** The year of an instant; that of the one before it is remembered, since it is nearly always the same. */
function yearOf(instant: number): number {
  if (instant < knownFrom || instant >= knownTo) {
    knownYear = new Date(instant).getUTCFullYear();
    knownFrom = Date.UTC(knownYear, 0);
    knownTo = Date.UTC(knownYear + 1, 0);
  }
  return knownYear;
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCDate() === 29;
}

/** Of the years around, the one that puts the date nearest to when it came: 31 December may arrive on 1 January. */
function nearestYear(monthIndex: number, day: number, ms: number, receivedAt: number): number {
  const year = yearOf(receivedAt);
  const near = Date.UTC(year, monthIndex, day) + ms;
  if (monthIndex === 1 && day === 29 && !isLeap(year)) return Number.NaN;
  if (Math.abs(near - receivedAt) < 180 * DAY_MS) return near;
  let best = Number.NaN;
  for (let candidate = year - 1; candidate <= year + 1; candidate++) {
    const at = Date.UTC(candidate, monthIndex, day) + ms;
    if (!(Math.abs(at - receivedAt) >= Math.abs(best - receivedAt))) best = at;
  }
  return best;
}

/** A zone by name or offset behind a time, as Cisco writes it: ` UTC`, ` CET`, ` +01:00`. */
function readZone(text: string, at: number): Stamp {
  if (text.charCodeAt(at) !== SPACE) return offset(text, at);
  const start = at + 1;
  let end = start;
  while (end < start + 5 && isLetter(text.charCodeAt(end))) end++;
  const next = text.charCodeAt(end);
  if (end > start && (next === 58 || next === SPACE || Number.isNaN(next))) {
    const known = ZONES[text.slice(start, end).toUpperCase()];
    if (known !== undefined) return { at: known, end };
    // A short name of capitals before a colon can only be a zone, though we do not know which.
    if (next === 58 && end - start >= 3 && text.slice(start, end) === text.slice(start, end).toUpperCase()) {
      return { at: Number.NaN, end };
    }
    return { at: Number.NaN, end: at };
  }
  const numeric = offset(text, start);
  return numeric.end > start ? numeric : { at: Number.NaN, end: at };
}

function yearAt(text: string, at: number): number {
  const year = readNumber(text, at, 4);
  const next = text.charCodeAt(at + 4);
  return year >= 1990 && year <= 2199 && (next === SPACE || Number.isNaN(next)) ? year : Number.NaN;
}

/** `Nov 23 10:00:00`, read last: lines of one second all bear the same, and are known at a glance. */
const last = { text: 'none', monthIndex: 0, day: 0, ms: 0 };
const PLAIN_LENGTH = 'Nov 23 10:00:00'.length;

/**
 * `Nov 23 10:00:00` of RFC 3164 and what devices make of it: a year before it, behind the day or behind the time,
 * fractions, a zone.
 */
export function readBsd(text: string, at: number, context: DecodeContext): Stamp | undefined {
  const plainEnd = at + PLAIN_LENGTH;
  const behind = text.charCodeAt(plainEnd);
  // Digits behind it would be a fraction, or more of the time.
  const plain = behind === SPACE || (behind === COLON && text.charCodeAt(plainEnd + 1) === SPACE);
  if (plain && text.startsWith(last.text, at)) {
    return withZone(text, plainEnd, Number.NaN, last.monthIndex, last.day, last.ms, context);
  }
  let place = at;
  let year = isDigit(text.charCodeAt(place)) ? yearAt(text, place) : Number.NaN;
  if (!Number.isNaN(year)) place = skipSpaces(text, place + 4);
  const monthIndex = month(text, place);
  if (monthIndex < 0 || text.charCodeAt(place + 3) !== SPACE) return undefined;
  const dayAt = skipSpaces(text, place + 3);
  const dayEnd = skipDigits(text, dayAt, 2);
  const day = dayEnd === dayAt ? 0 : readNumber(text, dayAt, dayEnd - dayAt);
  if (!validDate(monthIndex, day) || text.charCodeAt(dayEnd) !== SPACE) return undefined;
  place = skipSpaces(text, dayEnd);
  const yearBehindDay = yearAt(text, place);
  if (!Number.isNaN(yearBehindDay)) {
    year = yearBehindDay;
    place = skipSpaces(text, place + 4);
  }
  const time = timeOfDay(text, place);
  if (Number.isNaN(time.at)) return undefined;
  if (plain && time.end === plainEnd && Number.isNaN(year)) {
    last.text = text.slice(at, plainEnd);
    last.monthIndex = monthIndex;
    last.day = day;
    last.ms = time.at;
  }
  return withZone(text, time.end, year, monthIndex, day, time.at, context);
}

/** The instant of a date and time of day, with the year and the zone that may stand behind them at `end`. */
function withZone(
  text: string,
  end: number,
  year: number,
  monthIndex: number,
  day: number,
  ms: number,
  context: DecodeContext,
): Stamp {
  const yearBehindTime = text.charCodeAt(end) === SPACE ? yearAt(text, end + 1) : Number.NaN;
  if (!Number.isNaN(yearBehindTime)) {
    year = yearBehindTime;
    end += 5;
  }
  const zone = readZone(text, end);
  const east = (Number.isNaN(zone.at) ? context.zoneMinutes : zone.at) * MINUTE_MS;
  const naive = Number.isNaN(year)
    ? nearestYear(monthIndex, day, ms, context.receivedAt + east)
    : Date.UTC(year, monthIndex, day) + ms;
  return { at: naive - east, end: zone.end };
}
