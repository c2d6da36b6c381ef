import type { NodeKind } from './ast.ts';
import { BASE_TYPES } from './base-types.ts';
import type { MibNode, MibType, ResolvedModule } from './tree.ts';

// Resolved modules as lines of text, a definition a line, so that the standard names come along without the texts in
// which they were published, and without parsing those at every start:
//
//   M <module>
//   T <name> <base> <hint> <enumeration>              a type
//   <kind> <oid> <name> <status> <access> <type> <units> <index> <objects> <enumeration>
//
// Fields are parted by tabs; a type is written as `name`, `name@module` where another module has it, or
// `name:base:hint`. An OID that begins with that of a node before it in the module stands as `name.rest`.

const KINDS: readonly (readonly [letter: string, kind: NodeKind])[] = [
  ['n', 'node'],
  ['o', 'object'],
  ['t', 'notification'],
  ['m', 'module'],
];
const KIND_OF = new Map(KINDS);
const LETTER_OF = new Map(KINDS.map(([letter, kind]) => [kind, letter]));

const STATUS_OF = new Map([
  ['', 'current'],
  ['-', null],
  ['m', 'mandatory'],
  ['d', 'deprecated'],
  ['o', 'obsolete'],
]);
const STATUS_LETTER = new Map([...STATUS_OF].map(([letter, status]) => [status, letter]));

const ACCESS_OF = new Map([
  ['', null],
  ['r', 'read-only'],
  ['w', 'read-write'],
  ['c', 'read-create'],
  ['n', 'not-accessible'],
  ['a', 'accessible-for-notify'],
]);
const ACCESS_LETTER = new Map([...ACCESS_OF].map(([letter, access]) => [access, letter]));

/** Writes modules; groups, descriptions and annotations are left out. */
export function writeCompact(modules: readonly ResolvedModule[]): string {
  const lines: string[] = [];
  const homes = new Map(
    modules.flatMap(({ name, types }) => [...types].map(([type, it]) => [textOf(it), `${type}@${name}`])),
  );
  for (const { name, nodes, types } of modules) {
    lines.push(`M\t${name}`);
    for (const type of types.values())
      lines.push(row(['T', type.name, type.base, type.hint ?? '', enumsText(type.enums)]));
    const named = new Map<string, string>();
    for (const node of nodes) {
      const letter = LETTER_OF.get(node.kind);
      if (letter === undefined) continue;
      lines.push(nodeRow(letter, node, { types, named, homes }));
      named.set(node.oid, node.name);
    }
  }
  return `${lines.join('\n')}\n`;
}

const row = (fields: readonly string[]) => fields.join('\t').trimEnd();

function enumsText(enums: MibType['enums']): string {
  return [...(enums ?? [])].map(([value, label]) => `${label}=${value}`).join(' ');
}

function nodeRow(
  letter: string,
  node: MibNode,
  {
    types,
    named,
    homes,
  }: { types: ReadonlyMap<string, MibType>; named: Map<string, string>; homes: Map<string, string> },
): string {
  const { oid, type, index, augments } = node;
  const parent = oid.slice(0, Math.max(0, oid.lastIndexOf('.')));
  const short = named.has(parent) ? `${named.get(parent)}${oid.slice(parent.length)}` : oid;
  const indexText =
    augments !== null
      ? `+${augments}`
      : (index ?? []).map((one) => (one.implied ? `*${one.name}` : one.name)).join(' ');
  const [typeText, enums] = type === null ? ['', ''] : useOf(type, types, homes);
  return row([
    letter,
    short,
    node.name,
    STATUS_LETTER.get(node.status) ?? '-',
    ACCESS_LETTER.get(node.access) ?? '',
    typeText,
    node.units ?? '',
    indexText,
    node.objects.join(' '),
    enums,
  ]);
}

const textOf = ({ name, base, hint, enums }: MibType) => `${name}:${base}:${hint ?? ''}:${enumsText(enums)}`;

/** How a type is written where it is used, and its own enumeration. */
function useOf(
  type: MibType,
  types: ReadonlyMap<string, MibType>,
  homes: ReadonlyMap<string, string>,
): [string, string] {
  const { name, base, hint } = type;
  const own = types.get(name);
  if (own) return [name, textOf(own) === textOf(type) ? '' : enumsText(type.enums)];
  const elsewhere = homes.get(textOf(type));
  if (elsewhere !== undefined) return [elsewhere, ''];
  const plain = BASE_TYPES[name] === base && hint === null;
  return [plain ? name : `${name}:${base}:${hint ?? ''}`, enumsText(type.enums)];
}

/** Reads what `writeCompact` wrote. Our own file: it is not checked. */
export function readCompact(text: string): ResolvedModule[] {
  const modules: ResolvedModule[] = [];
  const typesOf = new Map<string, Map<string, MibType>>();
  const lines = text.split('\n').map((line) => line.split('\t'));
  // Types first: modules use each other's.
  let types = new Map<string, MibType>();
  for (const [letter, first = '', base = '', hint = '', enums = ''] of lines) {
    if (letter === 'M') typesOf.set(first, (types = new Map()));
    else if (letter === 'T')
      types.set(first, { name: first, base, hint: hint === '' ? null : hint, enums: readEnums(enums) });
  }
  let module = { name: '', nodes: [] as MibNode[], types };
  let oids = new Map<string, string>();
  for (const fields of lines) {
    const [letter = '', name = ''] = fields;
    if (letter === 'M') {
      modules.push((module = { name, nodes: [], types: typesOf.get(name) ?? types }));
      oids = new Map();
    } else if (KIND_OF.has(letter)) {
      const node = readNode(fields, { module: module.name, types: module.types, typesOf, oids });
      module.nodes.push(node);
      oids.set(node.name, node.oid);
    }
  }
  return modules;
}

function readEnums(text: string): Map<number, string> | null {
  if (text === '') return null;
  return new Map(
    text.split(' ').map((one) => {
      const at = one.lastIndexOf('=');
      return [Number(one.slice(at + 1)), one.slice(0, at)];
    }),
  );
}

interface Reading {
  readonly module: string;
  readonly types: ReadonlyMap<string, MibType>;
  readonly typesOf: ReadonlyMap<string, ReadonlyMap<string, MibType>>;
  readonly oids: ReadonlyMap<string, string>;
}

function readNode(fields: readonly string[], reading: Reading): MibNode {
  const [letter = '', place = '', name = '', status = '', access = '', ...more] = fields;
  const [typeText = '', units = '', index = '', objects = '', enums = ''] = more;
  const dot = place.indexOf('.');
  const oid = /^\d/.test(place) ? place : `${reading.oids.get(place.slice(0, dot)) ?? ''}${place.slice(dot)}`;
  const columns = index === '' || index.startsWith('+') ? null : index.split(' ');
  return {
    oid,
    name,
    module: reading.module,
    kind: KIND_OF.get(letter) ?? 'node',
    type: typeText === '' ? null : readUse(typeText, readEnums(enums), reading),
    units: units === '' ? null : units,
    status: STATUS_OF.get(status) ?? null,
    access: ACCESS_OF.get(access) ?? null,
    index: columns && columns.map((one) => ({ name: one.replace(/^\*/, ''), implied: one.startsWith('*') })),
    augments: index.startsWith('+') ? index.slice(1) : null,
    objects: objects === '' ? [] : objects.split(' '),
    notes: null,
    description: null,
  };
}

function readUse(text: string, enums: MibType['enums'], { types, typesOf }: Reading): MibType {
  const [bare = '', home] = text.split('@');
  const own = home === undefined ? types.get(bare) : typesOf.get(home)?.get(bare);
  if (own) return enums ? { ...own, enums } : own;
  const [name = '', base = BASE_TYPES[name] ?? name, hint = ''] = text.split(':');
  return { name, base, enums, hint: hint === '' ? null : hint };
}
