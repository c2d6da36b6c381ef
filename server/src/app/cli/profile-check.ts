import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseProfile } from '#collectors/snmp/knowledge/profiles/parse.ts';
import type { ProfileProblem } from '#collectors/snmp/knowledge/profiles/parse.ts';
import { AppError } from '#platform/errors.ts';

export interface FolderCheck {
  readonly files: number;
  readonly problems: readonly ProfileProblem[];
  readonly notes: readonly ProfileProblem[];
}

/** Reads every profile below a folder and tells what is wrong with it; one bad file does not hide the next. */
export function checkFolder(folder: string): FolderCheck {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new AppError('bad_request', `${folder} is not a folder.`);
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file));
  const names = new Set(files.map(baseName));
  const problems: ProfileProblem[] = [];
  const notes: ProfileProblem[] = [];
  for (const file of files.sort()) {
    const parsed = parseProfile(file, readFileSync(join(folder, file), 'utf8'));
    problems.push(...parsed.problems);
    notes.push(...parsed.notes);
    for (const base of parsed.profile?.extends ?? []) {
      if (names.has(baseName(base))) continue;
      const missing = { file, line: 1, message: `extends ${base}, which is not in this folder` };
      (parsed.dialect === 'native' ? problems : notes).push(missing);
    }
  }
  return { files: files.length, problems, notes };
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
}
