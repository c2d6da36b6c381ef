import type { MibModule, MibProblem, NodeDefinition, TypeDefinition, TypeUse } from './ast.ts';
import { BASE_TYPES } from './base-types.ts';
import { MACROS } from './clauses.ts';
import type { MibNode, MibType, ResolvedModule } from './tree.ts';

const ROOTS: Readonly<Record<string, string>> = { iso: '1', ccitt: '0', 'itu-t': '0', 'joint-iso-ccitt': '2' };

/** Names that need not be found anywhere: macros, and types of SMI. */
function isBuiltIn(name: string): boolean {
  return (
    MACROS.has(name) || name === 'TEXTUAL-CONVENTION' || Object.hasOwn(BASE_TYPES, name) || Object.hasOwn(ROOTS, name)
  );
}

export interface Resolution {
  readonly modules: readonly ResolvedModule[];
  readonly problems: readonly MibProblem[];
}

interface Scope {
  readonly module: MibModule;
  readonly nodes: Map<string, NodeDefinition>;
  readonly types: Map<string, TypeDefinition>;
  readonly imported: Map<string, string>;
  /** Names that come from modules that are not there: said once, at the import. */
  readonly missing: Set<string>;
}

const MAX_DEPTH = 64;

/**
 * Gives every definition its OID and its type, a module a step. `known` are modules that are resolved already: the
 * standard ones. What cannot be found costs what depends on it, and is told where it is missing.
 */
export function* resolveSteps(
  parsed: readonly MibModule[],
  known: readonly ResolvedModule[],
  descriptions: boolean,
): Generator<void, Resolution, void> {
  const problems: MibProblem[] = [];
  const scopes = new Map<string, Scope>();
  for (const module of parsed) {
    const first = scopes.get(module.name);
    if (!first) scopes.set(module.name, scopeOf(module));
    else if (first.module.file !== module.file) {
      const message = `module ${module.name} is in ${first.module.file} already; this one is left out`;
      problems.push({ file: module.file, line: module.line, message });
    }
  }
  const resolver = new Resolver(scopes, new Map(known.map((module) => [module.name, module])), problems, descriptions);
  const modules: ResolvedModule[] = [];
  for (const scope of scopes.values()) {
    modules.push(resolver.resolve(scope));
    yield;
  }
  return { modules, problems };
}

function scopeOf(module: MibModule): Scope {
  return {
    module,
    nodes: new Map(module.nodes.map((node) => [node.name, node])),
    types: new Map(module.types.map((type) => [type.name, type])),
    imported: new Map(module.imports.flatMap(({ names, from }) => names.map((name) => [name, from] as const))),
    missing: new Set(),
  };
}

class Resolver {
  readonly #scopes: ReadonlyMap<string, Scope>;
  readonly #known: ReadonlyMap<string, ResolvedModule>;
  readonly #problems: MibProblem[];
  readonly #descriptions: boolean;
  readonly #oids = new Map<NodeDefinition, string | null>();
  /** Definitions whose OID is being worked out. */
  readonly #open = new Set<NodeDefinition>();
  readonly #knownOids = new Map<string, Map<string, string>>();
  /** Where a name is that its module says elsewhere, or not at all. */
  readonly #anywhere = new Map<string, string>();

  constructor(
    scopes: ReadonlyMap<string, Scope>,
    known: ReadonlyMap<string, ResolvedModule>,
    problems: MibProblem[],
    descriptions: boolean,
  ) {
    this.#scopes = scopes;
    this.#known = known;
    this.#problems = problems;
    this.#descriptions = descriptions;
    for (const { name, nodes, types } of known.values()) {
      this.#knownOids.set(name, new Map(nodes.map((node) => [node.name, node.oid])));
      for (const symbol of [...nodes.map((node) => node.name), ...types.keys()]) this.#anywhere.set(symbol, name);
    }
    for (const { module } of scopes.values()) {
      for (const { name } of [...module.nodes, ...module.types]) this.#anywhere.set(name, module.name);
    }
  }

  resolve(scope: Scope): ResolvedModule {
    const { module } = scope;
    this.#checkImports(scope);
    const nodes: MibNode[] = [];
    for (const definition of module.nodes) {
      const oid = this.#oidOf(scope, definition, 0);
      if (oid !== null) nodes.push(this.#node(scope, definition, oid));
    }
    const types = new Map<string, MibType>();
    for (const { name, syntax } of module.types) {
      const type = this.#typeOf(scope, { name, enums: null, line: syntax.line }, 0);
      if (type && type.base !== 'SEQUENCE') types.set(name, type);
    }
    return { name: flat(module.name), nodes, types };
  }

  #tell({ module }: Scope, line: number, message: string): void {
    this.#problems.push({ file: module.file, line, message });
  }

  #has(module: string, name: string): boolean {
    const scope = this.#scopes.get(module);
    if (scope) return scope.nodes.has(name) || scope.types.has(name) || scope.imported.has(name);
    return this.#knownOids.get(module)?.has(name) === true || this.#known.get(module)?.types.has(name) === true;
  }

  #checkImports(scope: Scope): void {
    for (const { names, from, line } of scope.module.imports) {
      const lost = names.filter((name) => !isBuiltIn(name) && !this.#has(from, name) && !this.#anywhere.has(name));
      for (const name of lost) scope.missing.add(name);
      if (lost.length === 0) continue;
      const there = this.#scopes.has(from) || this.#known.has(from);
      const why = there
        ? `which does not define ${lost.length > 1 ? 'them' : 'it'}`
        : 'which is in none of the folders';
      this.#tell(
        scope,
        line,
        `imports ${lost.slice(0, 5).join(', ')}${lost.length > 5 ? ', …' : ''} from ${from}, ${why}`,
      );
    }
  }

  /** The module in which a name of this scope is defined. */
  #home(scope: Scope, name: string): string | undefined {
    if (scope.nodes.has(name) || scope.types.has(name)) return scope.module.name;
    const from = scope.imported.get(name);
    if (from !== undefined && from !== scope.module.name && this.#has(from, name)) return from;
    return this.#anywhere.get(name);
  }

  #oidOf(scope: Scope, definition: NodeDefinition, depth: number): string | null {
    const done = this.#oids.get(definition);
    if (done !== undefined) return done;
    if (this.#open.has(definition) || depth > MAX_DEPTH) {
      this.#tell(scope, definition.line, `${definition.name} hangs below itself`);
      return null;
    }
    this.#open.add(definition);
    const oid = this.#computeOid(scope, definition, depth);
    this.#open.delete(definition);
    this.#oids.set(definition, oid);
    return oid;
  }

  #computeOid(scope: Scope, definition: NodeDefinition, depth: number): string | null {
    const [first, ...rest] = definition.oid;
    let oid: string | null;
    if (first?.name === null || first === undefined) oid = String(first?.number ?? 0);
    else oid = this.#parent(scope, definition, first.name, depth);
    if (oid === null) return null;
    for (const { name, number } of rest) {
      if (number === null) {
        // `{ a b 1 }`: b must be known by itself.
        const named = this.#parent(scope, definition, name ?? '', depth);
        if (named === null) return null;
        oid = named;
      } else oid += `.${number}`;
    }
    if (definition.trapNumber === null) return flat(oid);
    // RFC 2576 section 3.1: generic traps hang below snmpTraps, one higher; the others below their enterprise, behind a zero.
    if (oid === '1.3.6.1.2.1.11') return `1.3.6.1.6.3.1.1.5.${definition.trapNumber + 1}`;
    return `${oid}.0.${definition.trapNumber}`;
  }

  #parent(scope: Scope, { line, name }: NodeDefinition, parent: string, depth: number): string | null {
    const home = this.#home(scope, parent);
    if (home === undefined) {
      const root = ROOTS[parent];
      if (root !== undefined) return root;
      if (!scope.missing.has(parent)) this.#tell(scope, line, `${name} hangs below ${parent}, which is not known`);
      scope.missing.add(parent);
      return null;
    }
    const ours = this.#scopes.get(home);
    const definition = ours?.nodes.get(parent);
    if (ours && definition) return this.#oidOf(ours, definition, depth + 1);
    if (ours && ours !== scope) return this.#parent(ours, { line, name } as NodeDefinition, parent, depth + 1);
    return this.#knownOids.get(home)?.get(parent) ?? ROOTS[parent] ?? null;
  }

  #typeOf(scope: Scope, use: TypeUse, depth: number): MibType | null {
    const { name, line } = use;
    const base = BASE_TYPES[name];
    const enums = use.enums && new Map(use.enums.map(([label, value]) => [value, flat(label)]));
    if (base !== undefined && !scope.types.has(name)) return { name: flat(name), base, enums, hint: null };
    if (depth > MAX_DEPTH) {
      this.#tell(scope, line, `type ${name} is made of itself`);
      return null;
    }
    const home = this.#home(scope, name);
    const ours = home === undefined ? undefined : this.#scopes.get(home);
    const definition = ours?.types.get(name);
    let inner: MibType | null;
    let hint: string | null = null;
    if (ours && definition) {
      inner = this.#typeOf(ours, definition.syntax, depth + 1);
      hint = definition.displayHint;
    } else inner = (home === undefined ? undefined : this.#known.get(home)?.types.get(name)) ?? null;
    if (!inner) {
      if (home === undefined && !scope.missing.has(name)) {
        this.#tell(scope, line, `type ${name} is not known`);
        scope.missing.add(name);
      }
      return null;
    }
    return {
      name: flat(name),
      base: inner.base,
      enums: enums ?? inner.enums,
      hint: hint === null ? inner.hint : flat(hint),
    };
  }

  #node(scope: Scope, definition: NodeDefinition, oid: string): MibNode {
    const { syntax, description, index, notes } = definition;
    const type = syntax && syntax.name !== 'SEQUENCE' ? this.#typeOf(scope, syntax, 0) : null;
    return {
      oid,
      name: flat(definition.name),
      module: flat(scope.module.name),
      kind: definition.kind,
      type: type?.base === 'SEQUENCE' ? null : type,
      units: flatOrNull(definition.units?.replaceAll(/\s+/g, ' ').trim() ?? null),
      status: flatOrNull(definition.status),
      access: flatOrNull(definition.access),
      index: index && index.map(({ name, implied }) => ({ name: flat(name), implied })),
      augments: flatOrNull(definition.augments),
      objects: definition.objects.map(flat),
      notes: notes && Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, flat(value)])),
      description: this.#descriptions ? flatOrNull(description) : null,
    };
  }
}

const kept = new Map<string, string>();

/** A text of its own: what is cut out of a file would keep all of the file in memory. Equal ones are kept once. */
function flat(text: string): string {
  if (text.length > 64) return Buffer.from(text, 'utf8').toString('utf8');
  let own = kept.get(text);
  if (own === undefined) {
    if (kept.size > 100_000) kept.clear();
    kept.set((own = Buffer.from(text, 'utf8').toString('utf8')), own);
  }
  return own;
}

function flatOrNull(text: string | null): string | null {
  return text === null ? null : flat(text);
}
