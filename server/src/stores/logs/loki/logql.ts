import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import { canaryIn } from '#domain/canary-lines.ts';
import type { Glob, LogFilter } from '#domain/log-filter.ts';
import { CANARY_SERVICE, SERVICE, quote } from './entry.ts';

const SERVICES = {
  without: `service_name="${SERVICE}"`,
  only: `service_name="${CANARY_SERVICE}"`,
  too: `service_name=~"${SERVICE}|${CANARY_SERVICE}"`,
} as const;

/**
 * A question about one line, in LogQL. `exact`: true for the very lines that the filter means; else for more of them, and
 * whoever asks must look at what comes.
 */
type Part =
  | { readonly on: 'line'; readonly pattern: string; readonly negated: boolean; readonly exact: boolean }
  /** `matcher`: it may stand in the selector, since it is about one label of the stream. */
  | { readonly on: 'labels'; readonly expression: string; readonly matcher: boolean; readonly exact: boolean };

/** What is asked together. `exact` false: some of it cannot be said in LogQL. */
interface Parts {
  readonly parts: readonly Part[];
  readonly exact: boolean;
}

const NOTHING_SAID: Parts = { parts: [], exact: false };
const ALL: Parts = { parts: [], exact: true };
/** No stream has it. */
const NONE = one({ on: 'labels', expression: 'severity="none"', matcher: true, exact: true });
const DEVICES_MAX = 1_000;
const EDGE = '0-9A-Za-z_\\x{80}-\\x{10FFFF}';

function one(part: Part): Parts {
  return { parts: [part], exact: part.exact };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}

// eslint-disable-next-line no-control-regex
const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text);

/** The runs of ASCII in a text: case is folded alike for these only. */
function asciiRuns(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  return text.match(/[\0-\x7f]+/g) ?? [];
}

function textParts(filter: LogFilter & { kind: 'text' }, negated: boolean): Parts {
  const { text, wholeStart, wholeEnd } = filter;
  if (!isAscii(text)) {
    if (negated) return NOTHING_SAID;
    const parts = asciiRuns(text).map((run): Part => ({
      on: 'line',
      pattern: `(?i)${escapePattern(run)}`,
      negated: false,
      exact: false,
    }));
    return { parts, exact: false };
  }
  const plain = escapePattern(text);
  const whole = `(?i)${wholeStart ? `(?:^|[^${EDGE}])` : ''}${plain}${wholeEnd ? `(?:$|[^${EDGE}])` : ''}`;
  return one({ on: 'line', pattern: whole, negated, exact: true });
}

function label(name: string, pattern: string, negated: boolean, matcher = false): Parts {
  return one({ on: 'labels', expression: `${name}${negated ? '!~' : '=~'}${quote(pattern)}`, matcher, exact: true });
}

function globParts(name: string, { pieces }: Glob, negated: boolean): Parts {
  // An empty pattern means any value to Loki.
  if (pieces.join('') === '') {
    if (pieces.length > 1) return negated ? NONE : ALL;
    return one({ on: 'labels', expression: `${name}${negated ? '!=' : '='}""`, matcher: false, exact: true });
  }
  if (pieces.every(isAscii)) return label(name, `(?is)${pieces.map(escapePattern).join('.*')}`, negated);
  if (negated) return NOTHING_SAID;
  const loose = pieces.map((piece) => asciiRuns(piece).map(escapePattern).join('.*'));
  return { parts: label(name, `(?is).*${loose.join('.*')}.*`, false).parts, exact: false };
}

/** Fields are kept as JSON: which field a value belongs to is seen when the line is there. */
function fieldParts({ glob }: LogFilter & { kind: 'field' }, negated: boolean): Parts {
  if (negated) return NOTHING_SAID;
  const runs = glob.pieces.flatMap((piece) => piece.match(/[\w.:-]+/g) ?? []).filter(isAscii);
  const pattern = runs.length === 0 ? '.+' : `(?is).*${runs.map(escapePattern).join('.*')}.*`;
  return { parts: label('fields', pattern, false).parts, exact: false };
}

function maskParts(name: string, mask: number, names: readonly string[], matcher: boolean, negated: boolean): Parts {
  const wanted = names.filter((_, value) => (((mask >> value) & 1) === 1) !== negated);
  if (wanted.length === names.length) return ALL;
  return wanted.length === 0 ? NONE : label(name, wanted.join('|'), false, matcher);
}

/** Several questions as one, when one of LogQL's can hold them. */
function single(branch: Parts): Part | undefined {
  const { parts, exact } = branch;
  const [first] = parts;
  if (!first) return undefined;
  if (parts.every((part) => part.on === 'labels')) {
    return {
      on: 'labels',
      expression: `(${parts.map((part) => part.expression).join(' and ')})`,
      matcher: false,
      exact,
    };
  }
  const line = parts.find((part) => part.on === 'line' && !part.negated);
  return line && { ...line, exact: exact && parts.length === 1 };
}

function either(branches: readonly Parts[]): Parts {
  if (branches.length === 0) return NONE;
  if (branches.some(({ parts, exact }) => parts.length === 0 && exact)) return ALL;
  const all = branches.map(single);
  const exact = all.every((part) => part?.exact);
  if (all.every((part) => part?.on === 'labels')) {
    return one({
      on: 'labels',
      expression: `(${all.map((part) => part?.expression).join(' or ')})`,
      matcher: false,
      exact,
    });
  }
  if (all.every((part) => part?.on === 'line')) {
    return one({ on: 'line', pattern: all.map((part) => `(?:${part?.pattern})`).join('|'), negated: false, exact });
  }
  return NOTHING_SAID;
}

function together(all: readonly Parts[]): Parts {
  return { parts: all.flatMap(({ parts }) => parts), exact: all.every(({ exact }) => exact) };
}

const FACILITIES = Array.from({ length: 24 }, (_, facility) => String(facility));

/** The filter, or what it leaves out. */
function partsOf(filter: LogFilter, negated: boolean): Parts {
  switch (filter.kind) {
    case 'all':
      return negated ? NONE : ALL;
    case 'not':
      return partsOf(filter.item, !negated);
    case 'and':
    case 'or': {
      const items = filter.items.map((item) => partsOf(item, negated));
      return (filter.kind === 'and') === negated ? either(items) : together(items);
    }
    case 'text':
      return textParts(filter, negated);
    case 'regex':
      return one({ on: 'line', pattern: (filter.ignoreCase ? '(?i)' : '') + filter.pattern, negated, exact: true });
    case 'severity':
      return maskParts('severity', filter.mask, SEVERITY_NAMES, true, negated);
    case 'facility':
      return maskParts('facility', filter.mask, FACILITIES, false, negated);
    case 'device':
      if (filter.ids.size > DEVICES_MAX) return NOTHING_SAID;
      if (filter.ids.size === 0) return negated ? ALL : NONE;
      return label('device', [...filter.ids].join('|'), negated, true);
    case 'attribute':
      return globParts(filter.name, filter.glob, negated);
    case 'field':
      return fieldParts(filter, negated);
  }
}

/** A filter as LogQL: lines that match are among those it gives, and when `exact`, they are the same. */
export interface LogQL {
  readonly query: string;
  readonly exact: boolean;
}

export function toLogQL(filter: LogFilter): LogQL {
  const { parts, exact } = partsOf(filter, false);
  const matchers: string[] = [SERVICES[canaryIn(filter)]];
  const lines: string[] = [];
  const labels: string[] = [];
  for (const part of parts) {
    if (part.on === 'line') lines.push(`${part.negated ? '!~' : '|~'} ${quote(part.pattern)}`);
    else if (part.matcher) matchers.push(part.expression);
    else labels.push(`| ${part.expression}`);
  }
  // Lines first: what is not read further costs least.
  return { query: [`{${matchers.join(', ')}}`, ...lines, ...labels].join(' '), exact };
}
