import type { Import, MibModule, MibProblem, NodeDefinition, TypeDefinition } from './ast.ts';
import { MACROS, noClauses, readClauses } from './clauses.ts';
import { Cursor, MibSyntaxError } from './cursor.ts';
import { lex } from './lexer.ts';
import type { Annotation } from './lexer.ts';
import { readOidValue, readType } from './syntax.ts';

export interface ParsedMib {
  readonly modules: readonly MibModule[];
  readonly problems: readonly MibProblem[];
}

/**
 * Reads the modules of a file, SMIv1 or v2. What is wrong costs the definition in which it stands, and is told with its
 * line; the rest is read on.
 */
export function parseMib(file: string, text: string): ParsedMib {
  const { tokens, annotations, problems: lexical } = lex(text);
  const problems: MibProblem[] = lexical.map((problem) => ({ file, ...problem }));
  const cursor = new Cursor(tokens);
  const modules: MibModule[] = [];
  while (!cursor.ended) {
    const start = cursor.at;
    try {
      modules.push(readModule(cursor, { file, problems, annotations }));
    } catch (error) {
      problems.push({ file, ...asProblem(error) });
      if (cursor.at === start) cursor.next();
      while (!cursor.ended && !(cursor.is('DEFINITIONS', 1) || cursor.is('{', 1))) cursor.next();
    }
  }
  if (modules.length === 0 && problems.length === 0)
    problems.push({ file, line: 1, message: 'there is no module here' });
  return { modules, problems };
}

function asProblem(error: unknown): { line: number; message: string } {
  if (error instanceof MibSyntaxError) return { line: error.line, message: error.message };
  throw error;
}

interface FileContext {
  readonly file: string;
  readonly problems: MibProblem[];
  readonly annotations: readonly Annotation[];
}

function readModule(cursor: Cursor, context: FileContext): MibModule {
  const { file, problems } = context;
  const { line } = cursor.peek();
  const name = cursor.name('the name of a module');
  if (cursor.is('{')) cursor.skipBrackets('{', '}');
  cursor.expect('DEFINITIONS');
  while (!cursor.skip('::=')) {
    if (cursor.peek().kind !== 'name') throw cursor.unexpected('“::=”');
    cursor.next();
  }
  cursor.expect('BEGIN');
  const module = {
    file,
    name,
    line,
    imports: [] as Import[],
    nodes: [] as NodeDefinition[],
    types: [] as TypeDefinition[],
  };
  while (!cursor.skip('END')) {
    if (cursor.ended) {
      problems.push({ file, line, message: `module ${name} has no END` });
      break;
    }
    const start = cursor.at;
    try {
      readDefinition(cursor, module, context);
    } catch (error) {
      problems.push({ file, ...asProblem(error) });
      if (cursor.at === start) cursor.next();
      skipToDefinition(cursor);
    }
  }
  return module;
}

/** Steps to where the next definition, or the end of the module, seems to be. */
function skipToDefinition(cursor: Cursor): void {
  while (!cursor.ended && !cursor.is('END')) {
    const definition =
      cursor.peek().kind === 'name' &&
      (MACROS.has(cursor.peek(1).text) ||
        (cursor.is('::=', 1) && /^[A-Z]/.test(cursor.peek().text)) ||
        (cursor.is('OBJECT', 1) && cursor.is('IDENTIFIER', 2) && cursor.is('::=', 3)));
    if (definition && !cursor.is('MODULE')) return;
    cursor.next();
  }
}

interface Draft {
  readonly imports: Import[];
  readonly nodes: NodeDefinition[];
  readonly types: TypeDefinition[];
}

function readDefinition(cursor: Cursor, module: Draft, { annotations }: FileContext): void {
  const { line } = cursor.peek();
  const start = cursor.at;
  const name = cursor.name('a definition, or END,');
  if (name === 'IMPORTS') return readImports(cursor, module.imports);
  if (name === 'EXPORTS') {
    while (!cursor.skip(';')) {
      if (cursor.ended) throw cursor.unexpected('“;”');
      cursor.next();
    }
    return;
  }
  if (cursor.is('MACRO')) {
    while (!cursor.skip('END')) {
      if (cursor.ended) throw cursor.unexpected('END of the macro');
      cursor.next();
    }
    return;
  }
  if (cursor.skip('::=')) return void module.types.push(readTypeDefinition(cursor, name, line));
  if (cursor.is('OBJECT') && cursor.is('IDENTIFIER', 1)) {
    cursor.at += 2;
    cursor.expect('::=');
    module.nodes.push({
      name,
      line,
      kind: 'node',
      oid: readOidValue(cursor),
      trapNumber: null,
      ...noClauses().fields,
      notes: null,
    });
    return;
  }
  const macro = cursor.peek().text;
  const kind = MACROS.get(macro);
  if (!kind) throw cursor.unexpected(`a macro that says what “${name}” is`);
  cursor.next();
  const clauses = readClauses(cursor, macro);
  cursor.expect('::=');
  const oid = macro === 'TRAP-TYPE' ? clauses.enterprise : readOidValue(cursor);
  if (!oid) throw new MibSyntaxError(line, `trap ${name} names no ENTERPRISE`);
  const trapNumber = macro === 'TRAP-TYPE' ? Number(cursor.next().text) : null;
  if (Number.isNaN(trapNumber)) throw new MibSyntaxError(line, `trap ${name} has no number`);
  const notes = kind === 'notification' ? notesBetween(annotations, start, cursor.at) : null;
  module.nodes.push({ name, line, kind, oid, trapNumber, ...clauses.fields, notes });
}

/** The annotations between two tokens; they stand in the order of the file. */
function notesBetween(annotations: readonly Annotation[], start: number, end: number): Record<string, string> | null {
  let low = 0;
  for (let high = annotations.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((annotations[middle]?.before ?? 0) > start) high = middle;
    else low = middle + 1;
  }
  const notes: Record<string, string> = {};
  for (let i = low; i < annotations.length && annotations[i]!.before <= end; i += 1) {
    notes[annotations[i]!.key] = annotations[i]!.value;
  }
  return Object.keys(notes).length > 0 ? notes : null;
}

function readImports(cursor: Cursor, imports: Import[]): void {
  let names: string[] = [];
  while (!cursor.skip(';')) {
    const { line } = cursor.peek();
    if (cursor.skip(',')) continue;
    if (cursor.skip('FROM')) {
      imports.push({ names, from: cursor.name('the name of a module'), line });
      if (cursor.is('{')) cursor.skipBrackets('{', '}');
      names = [];
    } else names.push(cursor.name('a name to import, FROM or “;”'));
  }
}

function readTypeDefinition(cursor: Cursor, name: string, line: number): TypeDefinition {
  if (!cursor.skip('TEXTUAL-CONVENTION')) return { name, line, syntax: readType(cursor), displayHint: null };
  let displayHint: string | null = null;
  while (!cursor.is('SYNTAX')) {
    if (cursor.skip('DISPLAY-HINT')) displayHint = cursor.string('a display hint');
    else if (cursor.skip('STATUS')) cursor.name('a status');
    else if (cursor.skip('DESCRIPTION') || cursor.skip('REFERENCE')) cursor.string('a text');
    else throw cursor.unexpected('a clause of TEXTUAL-CONVENTION');
  }
  cursor.expect('SYNTAX');
  return { name, line, syntax: readType(cursor), displayHint };
}
