import type { NodeKind } from './ast.ts';

/** A type with all that its definition says, followed to its end. */
export interface MibType {
  /** As it is used: `InterfaceIndex`. */
  readonly name: string;
  /** What it is in the end: `INTEGER`, `OCTET STRING`, `TimeTicks`, `BITS`, … */
  readonly base: string;
  readonly enums: ReadonlyMap<number, string> | null;
  /** RFC 2579 section 3.1. */
  readonly hint: string | null;
}

/** Something that has a name and a place in the tree. */
export interface MibNode {
  readonly oid: string;
  readonly name: string;
  readonly module: string;
  readonly kind: NodeKind;
  readonly type: MibType | null;
  readonly units: string | null;
  readonly status: string | null;
  readonly access: string | null;
  /** Of a row: the names of the columns that make up the index. */
  readonly index: readonly { readonly name: string; readonly implied: boolean }[] | null;
  /** Of a row: the row whose index it shares. */
  readonly augments: string | null;
  /** Of a notification. */
  readonly objects: readonly string[];
  readonly notes: Readonly<Record<string, string>> | null;
  readonly description: string | null;
}

/** A module whose OIDs and types are known. */
export interface ResolvedModule {
  readonly name: string;
  readonly nodes: readonly MibNode[];
  readonly types: ReadonlyMap<string, MibType>;
}

/** All that is known by name and number. */
export interface MibTree {
  readonly modules: ReadonlyMap<string, ResolvedModule>;
  readonly size: number;
  /** The node with exactly that OID. */
  at(oid: string): MibNode | undefined;
  /** The nearest node at or above an OID, with what of the OID is below it; undefined when nothing is. */
  nearest(oid: string): { readonly node: MibNode; readonly rest: string } | undefined;
  /** By name, or `MODULE::name`; names are not unique, and the one in force comes first. */
  named(name: string): readonly MibNode[];
  all(): Iterable<MibNode>;
}

/** Which of two definitions of one OID is taken: the one in force, and of these the one that says more. */
function outranks(a: MibNode, b: MibNode): boolean {
  const rank = ({ status, type, kind }: MibNode) =>
    (status === 'current' ? 4 : status === 'mandatory' ? 3 : status === null ? 2 : 1) * 2 +
    (type !== null || kind === 'notification' ? 1 : 0);
  return rank(a) > rank(b);
}

function isColumn(node: MibNode | undefined): boolean {
  return node?.kind === 'object' && node.type !== null;
}

/** A tree of modules; of two with the same name the later one counts. */
export function createMibTree(list: readonly ResolvedModule[]): MibTree {
  const modules = new Map(list.map((module) => [module.name, module]));
  const byOid = new Map<string, MibNode>();
  const byName = new Map<string, MibNode[]>();
  for (const { nodes } of modules.values()) {
    for (const node of nodes) {
      const before = byOid.get(node.oid);
      if (!before || outranks(node, before)) byOid.set(node.oid, node);
      const same = byName.get(node.name);
      if (same) {
        const place = same.findIndex((other) => outranks(node, other));
        same.splice(place === -1 ? same.length : place, 0, node);
      } else byName.set(node.name, [node]);
    }
  }
  return {
    modules,
    size: byOid.size,
    at: (oid) => byOid.get(oid),
    nearest(oid) {
      for (let end = oid.length; end > 0; end = oid.lastIndexOf('.', end - 1)) {
        const node = byOid.get(end === oid.length ? oid : oid.slice(0, end));
        // Some modules name an instance of another's object: `sysUpTimeInstance`. That it is one says more.
        if (node && !(node.kind === 'node' && isColumn(byOid.get(oid.slice(0, oid.lastIndexOf('.', end - 1)))))) {
          return { node, rest: oid.slice(end + 1) };
        }
      }
      return undefined;
    },
    named(name) {
      const [module, bare] = name.includes('::') ? name.split('::', 2) : [undefined, name];
      const found = byName.get(bare ?? '') ?? [];
      return module === undefined ? found : found.filter((node) => node.module === module);
    },
    all: () => byOid.values(),
  };
}
