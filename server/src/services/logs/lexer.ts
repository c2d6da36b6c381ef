import { AppError } from '#platform/errors.ts';

/** A piece of a query as it was typed. */
export type Token =
  | { readonly kind: 'open' | 'close' | 'or' | 'not' }
  | { readonly kind: 'phrase' | 'word'; readonly text: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly ignoreCase: boolean }
  | { readonly kind: 'field'; readonly name: string; readonly op: FieldOperator; readonly value: string };

export type FieldOperator = ':' | '>=' | '<=' | '>' | '<' | '!=';

const TOKENS_MAX = 200;
const FIELD = /^([A-Za-z][\w.@-]*)(>=|<=|!=|[:=<>])/;
/** `00:11:22:33:44:55`, `fe80::1`: addresses that only look like a field. */
const ADDRESS = /^(?:[0-9A-Fa-f]{1,4}:){2,}[0-9A-Fa-f:]*$/;

export function badQuery(message: string): AppError {
  return new AppError('validation_failed', `query: ${message}`, { details: { fields: [{ path: 'query', message }] } });
}

/** Where the text that begins behind a quote ends; its escapes resolved. */
function readQuoted(query: string, at: number, quote: string): { text: string; end: number } {
  let text = '';
  for (let i = at; i < query.length; i++) {
    const char = query[i]!;
    if (char === quote) return { text, end: i + 1 };
    if (char === '\\' && (query[i + 1] === quote || (quote === '"' && query[i + 1] === '\\'))) text += query[++i]!;
    else text += char;
  }
  throw badQuery(quote === '"' ? 'a quote " is opened and never closed' : 'a /regex/ is opened and never closed');
}

function bareEnd(query: string, at: number): number {
  let end = at;
  while (end < query.length && !/[\s()"]/.test(query[end]!)) end++;
  return end;
}

/** Cuts a query into its pieces. Throws `validation_failed` with what is wrong. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const char = query[at]!;
    if (tokens.length > TOKENS_MAX) throw badQuery(`it has more than ${TOKENS_MAX} parts`);
    if (/\s/.test(char)) at++;
    else if (char === '(' || char === ')') {
      tokens.push({ kind: char === '(' ? 'open' : 'close' });
      at++;
    } else if (char === '"') {
      const { text, end } = readQuoted(query, at + 1, '"');
      if (text.trim() !== '') tokens.push({ kind: 'phrase', text });
      at = end;
    } else if ((char === '-' || char === '!') && /[^\s-]/.test(query[at + 1] ?? ' ')) {
      tokens.push({ kind: 'not' });
      at++;
    } else if (char === '/' && query.indexOf('/', at + 1) > at + 1) {
      const { text, end } = readQuoted(query, at + 1, '/');
      const ignoreCase = query[end] === 'i' && !/\w/.test(query[end + 1] ?? ' ');
      tokens.push({ kind: 'regex', pattern: text, ignoreCase });
      at = end + (ignoreCase ? 1 : 0);
    } else at = readBare(query, at, tokens);
  }
  return tokens;
}

/** A word or a field; answers where it ends. */
function readBare(query: string, at: number, tokens: Token[]): number {
  const end = bareEnd(query, at);
  const bare = query.slice(at, end);
  const field = ADDRESS.test(bare) ? null : FIELD.exec(query.slice(at));
  if (field) {
    const [whole, name = '', op = ':'] = field;
    const start = at + whole.length;
    const operator = (op === '=' ? ':' : op) as FieldOperator;
    if (query[start] === '"') {
      const quoted = readQuoted(query, start + 1, '"');
      tokens.push({ kind: 'field', name, op: operator, value: quoted.text });
      return quoted.end;
    }
    const value = query.slice(start, bareEnd(query, start));
    // `Error:`, `http://…` and `fe80::1` are words.
    if (value !== '' && !value.startsWith('//') && !value.startsWith(':')) {
      tokens.push({ kind: 'field', name, op: operator, value });
      return start + value.length;
    }
  }
  if (bare === 'OR') tokens.push({ kind: 'or' });
  else if (bare === 'NOT') tokens.push({ kind: 'not' });
  else if (bare !== 'AND') tokens.push({ kind: 'word', text: bare });
  return end;
}
