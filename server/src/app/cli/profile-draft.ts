import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftEntries } from '#collectors/snmp/knowledge/profiles/draft/draft.ts';
import { writeDraft } from '#collectors/snmp/knowledge/profiles/draft/write.ts';
import { loadMibs } from '#collectors/traps/mib-files.ts';
import { AppError } from '#platform/errors.ts';

/** A profile made of a module, for somebody to look through. */
export interface Draft {
  readonly module: string;
  /** A name for its file: the module, and the enterprise where it speaks of several. */
  readonly file: string;
  readonly columns: number;
  readonly text: string;
}

/** Below an enterprise, or a standard MIB. */
const ROOT_ARCS = 7;

/** Drafts a profile for every module in these folders that has readings. */
export async function draftProfiles(folders: readonly string[]): Promise<Draft[]> {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new AppError('bad_request', `${missing} is not there.`);
  const { tree, modules } = await loadMibs(folders, { descriptions: true });
  return modules.flatMap(({ name, nodes }) => {
    const entries = draftEntries(tree, nodes);
    const byRoot = Map.groupBy(entries, ({ table, symbols }) =>
      (table?.oid ?? symbols[0]?.oid ?? '').split('.').slice(0, ROOT_ARCS).join('.'),
    );
    return [...byRoot].map(([root, own]) => ({
      module: name,
      file: `${name}${byRoot.size > 1 ? `-${root.slice(root.lastIndexOf('.') + 1)}` : ''}.yaml`,
      columns: own.reduce((sum, { symbols }) => sum + symbols.length, 0),
      text: writeDraft(own, root),
    }));
  });
}

/** Writes drafts into a folder; one that is there already is left alone, for somebody may have worked on it. */
export function writeDrafts(drafts: readonly Draft[], folder: string): number {
  mkdirSync(folder, { recursive: true });
  const fresh = drafts.filter(({ file }) => !existsSync(join(folder, file)));
  for (const { file, text } of fresh) writeFileSync(join(folder, file), text);
  return fresh.length;
}
