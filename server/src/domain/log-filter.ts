/** A pattern for a name: `core*`, `*.example.net`, or plain text. Compared without regard to case. */
export interface Glob {
  /** Lower case; the pieces between the stars. A single piece is the whole name. */
  readonly pieces: readonly string[];
}

/** What can be asked of a line by name besides its structured fields. */
export type LineAttribute = 'host' | 'app' | 'procid' | 'msgid' | 'sender' | 'source';

/** Which lines are meant: what people type, as a tree. */
export type LogFilter =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly items: readonly LogFilter[] }
  | { readonly kind: 'not'; readonly item: LogFilter }
  /** The text anywhere in the line, lower case; at whole words where it begins or ends as one. */
  | { readonly kind: 'text'; readonly text: string; readonly wholeStart: boolean; readonly wholeEnd: boolean }
  /** `test` must be safe on any text. */
  | {
      readonly kind: 'regex';
      /** RE2 */
      readonly pattern: string;
      readonly ignoreCase: boolean;
      readonly test: (text: string) => boolean;
    }
  /** Bit n stands for the severity or facility n. */
  | { readonly kind: 'severity' | 'facility'; readonly mask: number }
  /** 0 stands for lines of unknown senders. */
  | { readonly kind: 'device'; readonly ids: ReadonlySet<number> }
  | { readonly kind: 'attribute'; readonly name: LineAttribute; readonly glob: Glob }
  | { readonly kind: 'field'; readonly name: string; readonly glob: Glob };

/** As much of a line as filters look at. */
export interface FilterableLine {
  readonly text: string;
  readonly severity: number;
  readonly facility: number;
  readonly deviceId: number;
  readonly sender: string;
  readonly source: string;
  readonly host: string;
  readonly app: string;
  readonly procId: string;
  readonly msgId: string;
  readonly fields: Readonly<Record<string, string>> | null;
}

export type LineMatcher = (line: FilterableLine) => boolean;

export function parseGlob(pattern: string): Glob {
  return { pieces: pattern.toLowerCase().split('*') };
}

/** Linear in the name's length for each piece: the leftmost place of a piece is always the best one. */
export function globMatches({ pieces }: Glob, name: string): boolean {
  const text = name.toLowerCase();
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** Letters, digits and `_` make words; so does everything beyond ASCII. */
export function isWordCode(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95 || code >= 128;
}

function containsText(text: string, wanted: string, wholeStart: boolean, wholeEnd: boolean): boolean {
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length;
    const startsWhole = !wholeStart || at === 0 || !isWordCode(text.charCodeAt(at - 1));
    if (startsWhole && (!wholeEnd || end === text.length || !isWordCode(text.charCodeAt(end)))) return true;
  }
  return false;
}

function attributeOf(line: FilterableLine, name: LineAttribute): string {
  switch (name) {
    case 'host':
      return line.host;
    case 'app':
      return line.app;
    case 'procid':
      return line.procId;
    case 'msgid':
      return line.msgId;
    case 'sender':
      return line.sender;
    default:
      return line.source;
  }
}

/** A structured field by its full name, or by its last part: `ip` finds `origin@32473.ip`. */
function fieldMatches(fields: Readonly<Record<string, string>>, name: string, glob: Glob): boolean {
  for (const [key, value] of Object.entries(fields)) {
    const lower = key.toLowerCase();
    if ((lower === name || lower.endsWith(`.${name}`)) && globMatches(glob, value)) return true;
  }
  return false;
}

/** The filter as a function. The most selective and cheapest questions should come first in an `and`. */
export function compileFilter(filter: LogFilter): LineMatcher {
  switch (filter.kind) {
    case 'all':
      return () => true;
    case 'and': {
      const items = filter.items.map(compileFilter);
      return (line) => items.every((item) => item(line));
    }
    case 'or': {
      const items = filter.items.map(compileFilter);
      return (line) => items.some((item) => item(line));
    }
    case 'not': {
      const item = compileFilter(filter.item);
      return (line) => !item(line);
    }
    case 'text': {
      const { text, wholeStart, wholeEnd } = filter;
      return (line) => containsText(line.text.toLowerCase(), text, wholeStart, wholeEnd);
    }
    case 'regex':
      return (line) => filter.test(line.text);
    case 'severity':
      return (line) => ((filter.mask >> line.severity) & 1) === 1;
    case 'facility':
      return (line) => ((filter.mask >> line.facility) & 1) === 1;
    case 'device':
      return (line) => filter.ids.has(line.deviceId);
    case 'attribute':
      return (line) => globMatches(filter.glob, attributeOf(line, filter.name));
    case 'field':
      return (line) => line.fields !== null && fieldMatches(line.fields, filter.name, filter.glob);
  }
}

/** The severities that a filter can match at all: what need not be looked at is not read. */
export function severitiesOf(filter: LogFilter): number {
  if (filter.kind === 'severity') return filter.mask & 0xff;
  if (filter.kind === 'and') return filter.items.reduce((mask, item) => mask & severitiesOf(item), 0xff);
  if (filter.kind === 'or') return filter.items.reduce((mask, item) => mask | severitiesOf(item), 0);
  return 0xff;
}
