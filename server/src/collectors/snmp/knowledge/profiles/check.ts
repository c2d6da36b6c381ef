import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseProfile } from './parse.ts';
import type { ProfileProblem } from './parse.ts';
import { baseName } from './sources.ts';
import type { Folder, Source } from './sources.ts';

/** What is wrong with the profiles of a folder, and what of foreign dialects is read past. */
export interface FolderCheck {
  readonly files: number;
  /** Profiles that serve: files and Prometheus modules without an error. */
  readonly profiles: number;
  readonly problems: readonly ProfileProblem[];
  readonly notes: readonly ProfileProblem[];
}

/**
 * Reads every profile of a folder and tells what is wrong with it, a file at a time; one bad file does not hide the
 * next. `others` are the profiles that its own may extend.
 */
export async function checkFolder(folder: Folder, others: readonly Source[] = []): Promise<FolderCheck> {
  const names = new Set([...folder.sources, ...others].map(({ name }) => name));
  const problems: ProfileProblem[] = [...folder.problems];
  const notes: ProfileProblem[] = [];
  let profiles = 0;
  for (const { file, text, linesBefore } of folder.sources) {
    await nextTurn();
    const parsed = parseProfile(file, text, linesBefore);
    if (parsed.profile && parsed.problems.length === 0) profiles++;
    problems.push(...parsed.problems);
    notes.push(...parsed.notes);
    for (const base of parsed.profile?.extends ?? []) {
      if (names.has(baseName(base))) continue;
      const missing = { file, line: 1, message: `extends ${base}, which is not there` };
      (parsed.dialect === 'native' ? problems : notes).push(missing);
    }
  }
  return { files: folder.files, profiles, problems, notes };
}
