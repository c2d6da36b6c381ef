import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readCompact } from '#protocols/mib/compact.ts';
import { librarySteps } from '#protocols/mib/library.ts';
import type { LibraryOptions, MibLibrary, MibSource } from '#protocols/mib/library.ts';
import type { MibProblem } from '#protocols/mib/ast.ts';
import type { ResolvedModule } from '#protocols/mib/tree.ts';

const STANDARD = fileURLToPath(new URL('../../../mibs/standard.tsv', import.meta.url));
/** Nothing that is a MIB is larger. */
const FILE_BYTES_MAX = 32 * 1024 * 1024;
const SLICE_MS = 8;

/** The standard modules that SOTP brings along. */
export function standardModules(): ResolvedModule[] {
  return readCompact(readFileSync(STANDARD, 'utf8'));
}

/** A file that may hold a MIB, as it was when it was looked at. */
export interface MibFile {
  readonly path: string;
  readonly stamp: string;
}

/** The files below folders, by name; folders that cannot be read are told. */
export function listMibFiles(folders: readonly string[]): { files: MibFile[]; problems: MibProblem[] } {
  const files: MibFile[] = [];
  const problems: MibProblem[] = [];
  for (const folder of folders) {
    try {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
        const path = join(folder, name);
        const { size, mtimeMs, isFile } = stat(path);
        if (isFile && !/(^|\/)\./.test(name) && size <= FILE_BYTES_MAX)
          files.push({ path, stamp: `${size} ${mtimeMs}` });
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      problems.push({ file: folder, line: 0, message: `the folder cannot be read (${code})` });
    }
  }
  return { files, problems };
}

/** A file that went away in between is none. */
function stat(path: string): { size: number; mtimeMs: number; isFile: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  return { size: found?.size ?? 0, mtimeMs: found?.mtimeMs ?? 0, isFile: found?.isFile() ?? false };
}

/** The texts of the files that hold MIBs: readme files and scripts in between do no harm. */
export function* readMibFiles(files: readonly MibFile[], problems: MibProblem[]): Generator<MibSource> {
  for (const { path } of files) {
    try {
      const bytes = readFileSync(path);
      if (!bytes.includes('DEFINITIONS')) continue;
      const utf8 = bytes.toString('utf8');
      yield { file: path, text: utf8.includes('\uFFFD') ? bytes.toString('latin1') : utf8 };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      problems.push({ file: path, line: 0, message: `the file cannot be read (${code})` });
    }
  }
}

/** Reads folders over the standard modules, a few milliseconds at a time, so that other work goes on. */
export async function loadMibs(folders: readonly string[], options: LibraryOptions = {}): Promise<MibLibrary> {
  const { files, problems } = listMibFiles(folders);
  const steps = librarySteps(standardModules(), readMibFiles(files, problems), options);
  for (let since = performance.now(); ;) {
    const step = steps.next();
    if (step.done) return { ...step.value, problems: [...problems, ...step.value.problems] };
    if (performance.now() - since < SLICE_MS) continue;
    await nextTurn();
    since = performance.now();
  }
}
