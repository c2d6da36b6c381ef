import { AppError } from '#platform/errors.ts';
import type { MibNode, MibTree } from './tree.ts';

/**
 * The OID that a person means: `1.3.6.1.2.1.1.3.0`, `sysUpTime.0`, `IF-MIB::ifDescr.3`, `ifDescr`. Throws
 * `bad_request` with names that come near.
 */
export function oidNamed(tree: MibTree, text: string): string {
  const plain = text.replace(/^\./, '');
  if (/^\d+(\.\d+)*$/.test(plain)) return plain;
  const [, name = '', instance = ''] = /^((?:[\w-]+::)?[A-Za-z0-9][\w-]*)((?:\.\d+)*)$/.exec(text) ?? [];
  const [node] = tree.named(name);
  if (node) return node.oid + instance;
  const near = findNodes(tree, name.replace(/^.*::/, '')).slice(0, 3);
  const hint = near.length > 0 ? `; did you mean ${near.map((one) => one.name).join(', ')}?` : '';
  throw new AppError('bad_request', `${JSON.stringify(text)} is no OID and no name that is known${hint}`);
}

/** Nodes whose name holds all the words, the best first: equal, beginning with it, shorter. */
export function findNodes(tree: MibTree, text: string): MibNode[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  const first = words[0] ?? '';
  const rank = ({ name }: MibNode) => (name.toLowerCase() === first ? 0 : name.toLowerCase().startsWith(first) ? 1 : 2);
  const found: MibNode[] = [];
  for (const node of tree.all()) {
    const name = `${node.module}::${node.name}`.toLowerCase();
    if (words.every((word) => name.includes(word))) found.push(node);
  }
  return found.toSorted((a, b) => rank(a) - rank(b) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
}
