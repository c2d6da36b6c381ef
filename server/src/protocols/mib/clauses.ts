import type { NodeDefinition, NodeKind } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { readNames, readOidValue, readType } from './syntax.ts';

/** The macros by which SMI defines things (RFC 1155, 1212, 1215, 2578, 2580), and what they give. */
export const MACROS = new Map<string, NodeKind>([
  ['OBJECT-TYPE', 'object'],
  ['MODULE-IDENTITY', 'module'],
  ['OBJECT-IDENTITY', 'node'],
  ['NOTIFICATION-TYPE', 'notification'],
  ['TRAP-TYPE', 'notification'],
  ['OBJECT-GROUP', 'group'],
  ['NOTIFICATION-GROUP', 'group'],
  ['MODULE-COMPLIANCE', 'group'],
  ['AGENT-CAPABILITIES', 'group'],
]);

type Fields = Omit<NodeDefinition, 'name' | 'line' | 'kind' | 'oid' | 'trapNumber' | 'notes'>;

/** What the clauses of a definition say. */
export interface Clauses {
  readonly fields: { -readonly [K in keyof Fields]: Fields[K] };
  /** Of a TRAP-TYPE. */
  enterprise: NodeDefinition['oid'] | null;
}

/** Nothing said yet. */
export function noClauses(): Clauses {
  const fields = { syntax: null, units: null, access: null, status: null, description: null };
  return { fields: { ...fields, index: null, augments: null, objects: [] }, enterprise: null };
}

type Read = (cursor: Cursor, into: Clauses) => void;

const words: Read = (cursor) => void cursor.string('a text');
const names: Read = (cursor) => void readNames(cursor);

const CLAUSES = new Map<string, Read>([
  ['SYNTAX', (cursor, into) => (into.fields.syntax = readType(cursor))],
  ['UNITS', (cursor, into) => (into.fields.units = cursor.string('a unit'))],
  ['ACCESS', (cursor, into) => (into.fields.access = cursor.name('an access'))],
  ['MAX-ACCESS', (cursor, into) => (into.fields.access = cursor.name('an access'))],
  ['MIN-ACCESS', (cursor) => void cursor.name('an access')],
  ['STATUS', (cursor, into) => (into.fields.status = cursor.name('a status'))],
  ['DESCRIPTION', (cursor, into) => (into.fields.description = cursor.string('a text'))],
  ['REFERENCE', words],
  ['INDEX', (cursor, into) => (into.fields.index = readNames(cursor))],
  ['AUGMENTS', (cursor, into) => (into.fields.augments = readNames(cursor)[0]?.name ?? null)],
  ['DEFVAL', (cursor) => cursor.skipBrackets('{', '}')],
  ['OBJECTS', (cursor, into) => (into.fields.objects = readNames(cursor).map(({ name }) => name))],
  ['VARIABLES', (cursor, into) => (into.fields.objects = readNames(cursor).map(({ name }) => name))],
  ['NOTIFICATIONS', names],
  ['ENTERPRISE', (cursor, into) => (into.enterprise = readOidValue(cursor))],
  ['LAST-UPDATED', words],
  ['ORGANIZATION', words],
  ['CONTACT-INFO', words],
  ['REVISION', words],
]);

/** Reads the clauses of a macro up to `::=`. */
export function readClauses(cursor: Cursor, macro: string): Clauses {
  const clauses = noClauses();
  if (macro === 'MODULE-COMPLIANCE' || macro === 'AGENT-CAPABILITIES') {
    // What an agent must do is of no use here.
    while (!cursor.is('::=')) {
      if (cursor.ended) throw cursor.unexpected('“::=”');
      cursor.next();
    }
    return clauses;
  }
  while (!cursor.is('::=')) {
    const clause = CLAUSES.get(cursor.peek().text);
    if (!clause || cursor.peek().kind !== 'name') throw cursor.unexpected(`a clause of ${macro}, or “::=”,`);
    cursor.next();
    clause(cursor, clauses);
  }
  return clauses;
}
