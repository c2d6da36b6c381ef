import { existsSync } from 'node:fs';
import { loadMibs } from '#collectors/traps/mib-files.ts';
import { AppError } from '#platform/errors.ts';
import type { MibLibrary } from '#protocols/mib/library.ts';
import { findNodes } from '#protocols/mib/search.ts';
import type { MibNode, MibTree } from '#protocols/mib/tree.ts';
import type { ShowNode } from './mib.ts';
import { formatFields } from './table.ts';

/** The names of the standard and of these folders; a folder that is not there is an error. */
export async function loadNames(folders: readonly string[], descriptions = false): Promise<MibLibrary> {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new AppError('bad_request', `${missing} is not there.`);
  return loadMibs(folders, { descriptions });
}

/** Names that fit, the best first, and how to show them. */
export async function findNames(
  text: string,
  folders: readonly string[],
  limit: number,
): Promise<{ nodes: MibNode[]; total: number; show: ShowNode }> {
  const { tree } = await loadNames(folders, true);
  const oid = /^\.?\d+(\.\d+)*$/.test(text) ? text.replace(/^\./, '') : undefined;
  const exact = text.includes('::') ? tree.named(text) : [];
  const nearest = oid === undefined ? undefined : tree.nearest(oid);
  const found = oid === undefined ? (exact.length > 0 ? exact : findNodes(tree, text)) : nearest ? [nearest.node] : [];
  return {
    nodes: found.slice(0, limit),
    total: found.length,
    show: (node) => showNode(tree, node, nearest?.rest ?? ''),
  };
}

function showNode(tree: MibTree, node: MibNode, instance: string): ReturnType<ShowNode> {
  const { oid, name, module, kind, type, units, access, status, objects, description } = node;
  const enums = type?.enums ? [...type.enums].map(([value, label]) => `${label}(${value})`) : [];
  const row = rowOf(tree, node);
  const index = row?.index?.map((one) => one.name) ?? [];
  const typeText = type === null ? null : type.name === type.base ? type.name : `${type.name} (${type.base})`;
  const rest = instance === '' ? '' : `.${instance}`;
  return {
    json: {
      oid: oid + rest,
      name: `${module}::${name}${rest}`,
      kind,
      type: type && {
        name: type.name,
        base: type.base,
        hint: type.hint,
        enums: type.enums && Object.fromEntries(type.enums),
      },
      units,
      access,
      status,
      index,
      objects,
      description,
    },
    lines: [
      `${module}::${name}${rest}`,
      ...formatFields([
        ['  OID', oid + rest],
        ['  kind', kind],
        ['  type', typeText],
        ['  values', enums.join(' ')],
        ['  units', units],
        ['  access', access],
        ['  status', status === 'current' ? null : status],
        ['  index', index.join(', ')],
        ['  objects', objects.join(', ')],
        ['  about', description?.replaceAll(/\s+/g, ' ').trim() ?? null],
      ]),
    ],
  };
}

/** The row that a column stands in, and through AUGMENTS the one whose index it has. */
function rowOf(tree: MibTree, { oid, kind }: MibNode): MibNode | undefined {
  if (kind !== 'object') return undefined;
  const row = tree.at(oid.slice(0, oid.lastIndexOf('.')));
  return row?.augments ? tree.named(row.augments)[0] : row;
}

/** What reading folders gives. */
export async function checkMibs(folders: readonly string[]) {
  const { files, modules, problems } = await loadNames(folders);
  const nodes = modules.flatMap((module) => module.nodes);
  const notifications = nodes.filter(({ kind }) => kind === 'notification').length;
  return { files, modules: modules.length, definitions: nodes.length, notifications, problems };
}
