/** What a piece of a MIB file is. */
export type TokenKind = 'name' | 'number' | 'string' | 'bits' | 'mark' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The text; of a string what stands between the quotes. */
  readonly text: string;
  readonly line: number;
}

/** HP OpenView's notes to trap definitions, which many vendors write: `--#SEVERITY MAJOR`, `--#SUMMARY "…"`. */
export interface Annotation {
  readonly key: 'SEVERITY' | 'SUMMARY' | 'ARGUMENTS';
  readonly value: string;
  /** Index of the token that follows. */
  readonly before: number;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly annotations: readonly Annotation[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

const ANNOTATION = /^#\s*(SEVERITY|SUMMARY|ARGUMENTS)\s+(.*?)\s*$/;
const PIECE =
  /(\n)|[^\S\n]+|--([^\n]*)|'([0-9A-Fa-f\s]*)'[BbHh]|([A-Za-z][\w-]*)|(-?\d+)|(::=|\.\.\.?|[{}()[\],;:.|<>])/gy;

/**
 * Cuts a MIB file into tokens. A comment goes to the end of its line: ASN.1 would end it at the next `--` too, but so
 * many vendors draw rulers of dashes that this does more harm than good. What no MIB may hold is told and left out.
 */
export function lex(text: string): Lexed {
  const tokens: Token[] = [];
  const annotations: Annotation[] = [];
  const problems: { line: number; message: string }[] = [];
  let line = 1;
  let at = 0;
  const push = (kind: TokenKind, value: string) => tokens.push({ kind, text: value, line });
  while (at < text.length) {
    if (text[at] === '"') {
      const end = endOfString(text, at + 1);
      if (end < 0) {
        problems.push({ line, message: 'a text begins here and never ends' });
        break;
      }
      const string = text.slice(at + 1, end);
      push('string', string.includes('""') ? string.replaceAll('""', '"') : string);
      for (let i = string.indexOf('\n'); i !== -1; i = string.indexOf('\n', i + 1)) line += 1;
      at = end + 1;
      continue;
    }
    PIECE.lastIndex = at;
    const found = PIECE.exec(text);
    if (!found) {
      const char = text[at] ?? '';
      // Byte order marks and the end-of-file sign of old editors say nothing.
      if (!/[\uFEFF\x1A\0]/.test(char))
        problems.push({ line, message: `${JSON.stringify(char)} has no place in a MIB` });
      at += 1;
      continue;
    }
    at = PIECE.lastIndex;
    const [, newline, comment, bits, name, number, mark] = found;
    if (newline !== undefined) line += 1;
    else if (name !== undefined) push('name', name);
    else if (mark !== undefined) push('mark', mark);
    else if (number !== undefined) push('number', number);
    else if (bits !== undefined) push('bits', bits);
    else if (comment !== undefined) {
      const note = ANNOTATION.exec(comment);
      if (note) {
        const [, key, value = ''] = note;
        annotations.push({ key: key as Annotation['key'], value, before: tokens.length });
      }
    }
  }
  push('end', '');
  return { tokens, annotations, problems };
}

/** Where the quote stands that ends a text; two quotes are one of the text. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end;
}
