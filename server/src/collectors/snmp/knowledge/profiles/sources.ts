import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileProblem } from './parse.ts';
import type { Profile } from './library.ts';
import { isModuleFile, modulesIn } from './prometheus/split.ts';
import type { ProfileFile } from './schema.ts';

/** The text of one profile, parsed when first needed. A file of Prometheus modules gives one for each module. */
export interface Source {
  readonly file: string;
  /** By what it is found in `extends`. */
  readonly name: string;
  /** A module of a Prometheus file: it fits no device by itself, but is chosen by name. */
  readonly module: boolean;
  readonly text: string;
  /** The line of the file at which the text begins, less one. */
  readonly linesBefore: number;
  /** Enterprise numbers that it speaks of; none stands for a profile that fits any device. */
  readonly enterprises: ReadonlySet<number>;
  /** Changes when the file does. */
  readonly stamp: string;
  parsed?: ProfileFile | null;
  profile?: Profile | null;
}

/** What lies in a folder, and what of it could not be read. */
export interface Folder {
  readonly path: string;
  readonly sources: readonly Source[];
  readonly files: number;
  readonly problems: readonly ProfileProblem[];
}

/** A file beyond this is no profile: the largest known, of Prometheus, has 2 MB. */
const MAX_OCTETS = 16 << 20;

/** Reads a folder; a file whose stamp is that of `before` is taken from there. A folder that is not there has no files. */
export function readFolder(path: string, before?: Folder): Folder {
  const known = Map.groupBy(before?.sources ?? [], ({ stamp }) => stamp);
  const problems: ProfileProblem[] = [];
  const sources: Source[] = [];
  let files: string[] = [];
  try {
    files = profileFiles(path);
  } catch (thrown) {
    problems.push({ file: path, line: 1, message: `the folder cannot be read: ${reason(thrown)}` });
  }
  for (const file of files) {
    try {
      const stamp = stampOf(path, file);
      sources.push(...(known.get(stamp) ?? sourcesOf(file, readFileSync(join(path, file), 'utf8'), stamp)));
    } catch (thrown) {
      problems.push({ file, line: 1, message: `the file cannot be read: ${reason(thrown)}` });
    }
  }
  return { path, sources, files: files.length, problems };
}

/** The stamps of all files of a folder, as one text: it changes when any of them does. */
export function folderStamp(path: string): string {
  try {
    return profileFiles(path)
      .map((file) => {
        try {
          return stampOf(path, file);
        } catch {
          return file;
        }
      })
      .join('\n');
  } catch (thrown) {
    return reason(thrown);
  }
}

export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
}

/** YAML files below a folder, sorted; hidden ones and those in hidden folders are not looked at. */
export function profileFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file) && !/(^|\/)\./.test(file))
    .sort();
}

function stampOf(folder: string, file: string): string {
  const { mtimeMs, size, ino } = statSync(join(folder, file));
  if (size > MAX_OCTETS) throw new Error(`it has ${size} octets, more than a profile can have`);
  return `${file} ${mtimeMs} ${size} ${ino}`;
}

function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The sources of one file. */
export function sourcesOf(file: string, text: string, stamp = ''): Source[] {
  if (!isModuleFile(text)) {
    const name = baseName(file);
    return [{ file, name, module: false, text, linesBefore: 0, enterprises: enterprisesIn(text), stamp }];
  }
  return modulesIn(text).map((module) => ({
    file: `${file}#${module.name}`,
    name: module.name,
    module: true,
    text: module.text,
    linesBefore: module.linesBefore,
    enterprises: enterprisesIn(module.text),
    stamp,
  }));
}

function enterprisesIn(text: string): Set<number> {
  const numbers = new Set<number>();
  for (const found of text.matchAll(/\b1\.3\.6\.1\.4\.1\.(\d+)/g)) numbers.add(Number(found[1]));
  return numbers;
}
