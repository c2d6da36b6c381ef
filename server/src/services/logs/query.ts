import { RE2JS } from 're2js';
import { FACILITY_NAMES, SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import { isWordCode, parseGlob } from '#domain/log-filter.ts';
import type { Glob, LineAttribute, LogFilter } from '#domain/log-filter.ts';
import { badQuery, tokenize } from './lexer.ts';
import type { FieldOperator, Token } from './lexer.ts';

/** What a query needs to know of the devices. */
export interface QueryWorld {
  find(pattern: Glob): ReadonlySet<number>;
  ofSites(sites: readonly string[]): ReadonlySet<number>;
}

const DEPTH_MAX = 30;
const PATTERN_MAX = 500;
const ALL: LogFilter = { kind: 'all' };

const ATTRIBUTES: Readonly<Record<string, LineAttribute>> = {
  host: 'host',
  app: 'app',
  procid: 'procid',
  pid: 'procid',
  msgid: 'msgid',
  sender: 'sender',
  from: 'sender',
  source: 'source',
};

/** Names that other systems use for the same severities. */
const SEVERITY_ALIASES: Readonly<Record<string, number>> = {
  emerg: 0,
  panic: 0,
  crit: 2,
  err: 3,
  warn: 4,
  informational: 6,
};

/** The number of a severity by name or number; -1 when it is none. */
export function severityNumber(text: string): number {
  const lower = text.toLowerCase();
  if (/^[0-7]$/.test(lower)) return Number(lower);
  const named = SEVERITY_NAMES.findIndex((name) => name === lower);
  return named >= 0 ? named : Object.hasOwn(SEVERITY_ALIASES, lower) ? SEVERITY_ALIASES[lower]! : -1;
}

/** Severities as a mask. `>=warning` means: as bad as a warning, or worse; so the numbers run the other way. */
export function severityMask(op: FieldOperator, value: string): number {
  let mask = 0;
  for (const word of value.split(',')) {
    const number = severityNumber(word.trim());
    if (number < 0) throw badQuery(`“${word}” is no severity: use ${SEVERITY_NAMES.join(', ')}, or 0 to 7`);
    for (let severity = 0; severity < 8; severity++) {
      const fits =
        op === '>='
          ? severity <= number
          : op === '<='
            ? severity >= number
            : op === '>'
              ? severity < number
              : op === '<'
                ? severity > number
                : severity === number;
      if (fits) mask |= 1 << severity;
    }
  }
  return op === '!=' ? ~mask & 0xff : mask;
}

function facilityMask(value: string): number {
  let mask = 0;
  for (const word of value.toLowerCase().split(',')) {
    const number = /^\d{1,2}$/.test(word) ? Number(word) : FACILITY_NAMES.findIndex((name) => name === word);
    if (number < 0 || number > 23)
      throw badQuery(`“${word}” is no facility: use ${FACILITY_NAMES.join(', ')}, or 0 to 23`);
    mask |= 1 << number;
  }
  return mask;
}

/** A word, perhaps with stars: `conf*`, `*fig`. */
function wordFilter(word: string): LogFilter {
  const pieces = word.toLowerCase().split('*');
  const last = pieces.length - 1;
  const items = pieces.flatMap((text, i): LogFilter[] => {
    if (text === '') return [];
    const wholeStart = i === 0 && isWordCode(text.charCodeAt(0));
    const wholeEnd = i === last && isWordCode(text.charCodeAt(text.length - 1));
    return [{ kind: 'text', text, wholeStart, wholeEnd }];
  });
  if (items.length === 0) return ALL;
  return items.length === 1 ? items[0]! : { kind: 'and', items };
}

function phraseFilter(phrase: string): LogFilter {
  const text = phrase.toLowerCase();
  return {
    kind: 'text',
    text,
    wholeStart: isWordCode(text.charCodeAt(0)),
    wholeEnd: isWordCode(text.charCodeAt(text.length - 1)),
  };
}

/** RE2 matches in time linear in the text, whatever the pattern. */
function regexFilter(pattern: string, ignoreCase: boolean): LogFilter {
  if (pattern.length > PATTERN_MAX) throw badQuery(`a /regex/ has at most ${PATTERN_MAX} characters`);
  try {
    const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return { kind: 'regex', pattern, ignoreCase, test: (text) => compiled.test(text) };
  } catch (error) {
    throw badQuery(`/${pattern}/ is no regular expression: ${error instanceof Error ? error.message : ''}`);
  }
}

function not(item: LogFilter): LogFilter {
  return item.kind === 'not' ? item.item : { kind: 'not', item };
}

function fieldFilter(name: string, op: FieldOperator, value: string, world: QueryWorld): LogFilter {
  const lower = name.toLowerCase();
  if (lower === 'severity' || lower === 'level') return { kind: 'severity', mask: severityMask(op, value) };
  if (op !== ':' && op !== '!=') throw badQuery(`“${name}${op}”: only severity is compared with ${op}`);
  const filter = ((): LogFilter => {
    if (lower === 'facility') return { kind: 'facility', mask: facilityMask(value) };
    if (lower === 'device') return { kind: 'device', ids: value === '-' ? new Set([0]) : world.find(parseGlob(value)) };
    if (lower === 'site') return { kind: 'device', ids: world.ofSites([value]) };
    const attribute = Object.hasOwn(ATTRIBUTES, lower) ? ATTRIBUTES[lower] : undefined;
    if (attribute) return { kind: 'attribute', name: attribute, glob: parseGlob(value) };
    return { kind: 'field', name: lower, glob: parseGlob(value) };
  })();
  return op === '!=' ? not(filter) : filter;
}

/**
 * Reads a query as people type it: words, "phrases", -not, field:value, severity>=warning, device:core*, /regex/, OR
 * and parentheses. Throws `validation_failed` with a sentence that helps.
 */
export function parseLogQuery(query: string, world: QueryWorld): LogFilter {
  const tokens = tokenize(query);
  let at = 0;

  function either(depth: number): LogFilter {
    if (depth > DEPTH_MAX) throw badQuery('its parentheses are nested too deep');
    const items = [all(depth)];
    while (tokens[at]?.kind === 'or') {
      at++;
      items.push(all(depth));
    }
    return items.length === 1 ? items[0]! : { kind: 'or', items };
  }

  function all(depth: number): LogFilter {
    const items: LogFilter[] = [];
    for (let next = tokens[at]; next && next.kind !== 'close' && next.kind !== 'or'; next = tokens[at]) {
      items.push(one(next, depth));
    }
    if (items.length === 0 && tokens.length > 0) throw badQuery('something is missing beside OR or between ( and )');
    return items.length === 1 ? items[0]! : items.length === 0 ? ALL : { kind: 'and', items };
  }

  function one(token: Token, depth: number): LogFilter {
    at++;
    switch (token.kind) {
      case 'not': {
        const next = tokens[at];
        if (!next || next.kind === 'close' || next.kind === 'or') throw badQuery('nothing follows the -');
        if (depth > DEPTH_MAX) throw badQuery('it is nested too deep');
        return not(one(next, depth + 1));
      }
      case 'open': {
        const inner = either(depth + 1);
        if (tokens[at]?.kind !== 'close') throw badQuery('a ( is never closed');
        at++;
        return inner;
      }
      case 'phrase':
        return phraseFilter(token.text);
      case 'word':
        return wordFilter(token.text);
      case 'regex':
        return regexFilter(token.pattern, token.ignoreCase);
      case 'field':
        return fieldFilter(token.name, token.op, token.value, world);
      default:
        throw badQuery('a ) closes nothing');
    }
  }

  const filter = either(0);
  if (at < tokens.length) throw badQuery('a ) closes nothing');
  return filter;
}
