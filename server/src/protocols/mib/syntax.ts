import type { OidPart, TypeUse } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** Reads a type where it is used: `INTEGER { up(1), down(2) }`, `OCTET STRING (SIZE (0..255))`, `SEQUENCE OF IfEntry`. */
export function readType(cursor: Cursor): TypeUse {
  if (cursor.is('[')) {
    cursor.skipBrackets('[', ']');
    if (!cursor.skip('IMPLICIT')) cursor.skip('EXPLICIT');
  }
  const { line } = cursor.peek();
  let name = cursor.name('a type');
  if (name === 'OCTET') {
    cursor.expect('STRING');
    name = 'OCTET STRING';
  } else if (name === 'OBJECT') {
    cursor.expect('IDENTIFIER');
    name = 'OBJECT IDENTIFIER';
  } else if (name === 'SEQUENCE' || name === 'CHOICE' || name === 'SET') {
    if (cursor.skip('OF')) cursor.name('the name of the row');
    else cursor.skipBrackets('{', '}');
    return { name: 'SEQUENCE', enums: null, line };
  }
  while (cursor.skip('.')) name = cursor.name('a type');
  const enums = cursor.is('{') ? readEnums(cursor) : null;
  while (cursor.is('(')) cursor.skipBrackets('(', ')');
  return { name, enums, line };
}

function readEnums(cursor: Cursor): [string, number][] {
  const enums: [string, number][] = [];
  cursor.expect('{');
  while (!cursor.skip('}')) {
    // Some vendors begin labels with a digit, which the lexer sees as a number and a name.
    let label = cursor.peek().kind === 'number' ? cursor.next().text : '';
    if (label === '' || cursor.peek().kind === 'name') label += cursor.name('a label');
    cursor.expect('(');
    enums.push([label, readNumber(cursor)]);
    cursor.expect(')');
    while (cursor.skip(','));
  }
  return enums;
}

function readNumber(cursor: Cursor): number {
  const { kind, text } = cursor.peek();
  if (kind === 'bits') {
    cursor.next();
    return Number.parseInt(text.replaceAll(/\s/g, ''), 16);
  }
  if (kind !== 'number') throw cursor.unexpected('a number');
  cursor.next();
  return Number(text);
}

/** Reads `{ mib-2 1 }`, `{ iso org(3) dod(6) }`; without braces a single name. */
export function readOidValue(cursor: Cursor): OidPart[] {
  const parts: OidPart[] = [];
  if (!cursor.is('{')) return [{ name: cursor.name('an object identifier'), number: null }];
  cursor.expect('{');
  while (!cursor.skip('}')) {
    if (cursor.skip(',')) continue;
    if (cursor.peek().kind === 'number') {
      parts.push({ name: null, number: readNumber(cursor) });
      cursor.skip('.');
      continue;
    }
    let name = cursor.name('a part of an object identifier');
    while (cursor.is('.') && cursor.peek(1).kind === 'name') {
      cursor.next();
      name = cursor.name('a name');
    }
    cursor.skip('.');
    let number: number | null = null;
    if (cursor.skip('(')) {
      number = readNumber(cursor);
      cursor.expect(')');
    }
    parts.push({ name, number });
  }
  if (parts.length === 0) throw cursor.unexpected('an object identifier');
  return parts;
}

/** Reads `{ a, b, c }`, with or without `IMPLIED`. */
export function readNames(cursor: Cursor): { name: string; implied: boolean }[] {
  const names: { name: string; implied: boolean }[] = [];
  cursor.expect('{');
  while (!cursor.skip('}')) {
    if (cursor.skip(',')) continue;
    const implied = cursor.skip('IMPLIED');
    // An index of a v1 table may be a type: `INDEX { INTEGER }`.
    const type = readType(cursor);
    names.push({ name: type.name, implied });
  }
  return names;
}
