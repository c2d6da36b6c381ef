import type { Token } from './lexer.ts';

/** Thrown inside the parser only: the definition that begins before it is given up. */
export class MibSyntaxError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** A place in the tokens of a file. */
export class Cursor {
  readonly #tokens: readonly Token[];
  at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.at + ahead, this.#tokens.length - 1)]!;
  }

  get ended(): boolean {
    return this.peek().kind === 'end';
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.at += 1;
    return token;
  }

  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && (token.kind === 'name' || token.kind === 'mark');
  }

  /** Steps over the text when it comes next. */
  skip(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += 1;
    return true;
  }

  expect(text: string): Token {
    if (this.is(text)) return this.next();
    throw this.unexpected(`“${text}”`);
  }

  name(what: string): string {
    if (this.peek().kind === 'name') return this.next().text;
    throw this.unexpected(what);
  }

  string(what: string): string {
    if (this.peek().kind === 'string') return this.next().text;
    throw this.unexpected(what);
  }

  unexpected(wanted: string): MibSyntaxError {
    const { kind, text, line } = this.peek();
    const met = kind === 'end' ? 'the file ends' : kind === 'string' ? 'there is a text' : `there is “${text}”`;
    return new MibSyntaxError(line, `${wanted} is expected here, and ${met}`);
  }

  /** Steps over a bracket and all up to the one that closes it. */
  skipBrackets(open: string, close: string): void {
    const { line } = this.expect(open);
    for (let depth = 1; depth > 0;) {
      if (this.ended) throw new MibSyntaxError(line, `“${open}” is never closed`);
      const { text, kind } = this.next();
      if (kind !== 'mark') continue;
      if (text === open) depth += 1;
      else if (text === close) depth -= 1;
    }
  }
}
