import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compileEntries } from './compile.ts';
import type { Entry } from './compile.ts';
import { parseProfile } from './parse.ts';
import type { ProfileProblem } from './parse.ts';
import { compileFields } from './metadata.ts';
import type { FieldSource } from './metadata.ts';
import type { ProfileFile } from './schema.ts';
import { baseName, readFolder } from './sources.ts';
import type { Folder, Source } from './sources.ts';

/** A profile with its bases merged in, ready to be read with. */
export interface Profile {
  readonly file: string;
  readonly sysObjectIds: readonly string[];
  readonly sysDescr: string | null;
  readonly present: readonly string[];
  readonly entries: readonly Entry[];
  readonly fields: ReadonlyMap<string, readonly FieldSource[]>;
}

export interface Library {
  /**
   * Profiles that speak of one of these enterprises, or of none; parsed when first needed, a file at a time, so that
   * other devices' answers are heard meanwhile.
   */
  candidates(enterprises: ReadonlySet<number>): Promise<Profile[]>;
  /** Every profile; parses all files. */
  all(): Profile[];
  /** The profile or the Prometheus module of this name, or null. */
  named(name: string): Profile | null;
  /** Every file, parsed or not, in the order of the folders. */
  readonly sources: readonly Source[];
  readonly problems: readonly ProfileProblem[];
}

/** Where the profiles lie that SOTP brings along. */
export const SHIPPED_PROFILES = fileURLToPath(new URL('../../../../../profiles/', import.meta.url));

/**
 * Opens folders of profiles; a file of a later folder replaces one of the same name. Files are read at once and parsed
 * when a device of their enterprise turns up. A broken file is told in `problems` and never takes the others down.
 */
export function openLibrary(folders: readonly string[] = [SHIPPED_PROFILES]): Library {
  return createLibrary(folders.map((folder) => readFolder(folder)));
}

/** A library of folders that have been read. */
export function createLibrary(folders: readonly Folder[]): Library {
  const sources = new Map<string, Source>();
  const modules = new Map<string, Source>();
  const problems: ProfileProblem[] = folders.flatMap((folder) => folder.problems);
  for (const source of folders.flatMap((folder) => folder.sources)) {
    (source.module ? modules : sources).set(source.name, source);
  }
  const find = (name: string): Source | undefined => sources.get(baseName(name)) ?? modules.get(name);

  const parsedOf = (source: Source): ProfileFile | null => {
    if (source.parsed === undefined) {
      const { profile, problems: found } = parseProfile(source.file, source.text, source.linesBefore);
      problems.push(...found);
      source.parsed = profile;
    }
    return source.parsed;
  };

  const mergedOf = (source: Source, above: readonly string[]): ProfileFile | null => {
    const own = parsedOf(source);
    if (!own?.extends) return own;
    let merged: ProfileFile = {};
    for (const base of own.extends) {
      const found = find(base);
      const bad =
        found && above.includes(found.file)
          ? `${base} extends itself`
          : found
            ? null
            : `extends ${base}, which is not there`;
      if (bad || !found) problems.push({ file: source.file, line: 1, message: bad ?? '' });
      else merged = over(merged, withoutMatch(mergedOf(found, [...above, found.file]) ?? {}));
    }
    return over(merged, own);
  };

  const profileOf = (source: Source): Profile | null => {
    if (source.profile === undefined) {
      const merged = mergedOf(source, [source.file]);
      source.profile = merged && {
        file: source.file,
        sysObjectIds: merged.sysobjectid ?? [],
        sysDescr: merged.sysdescr ?? null,
        present: merged.present ?? [],
        entries: compileEntries(merged.metrics ?? []),
        fields: compileFields(merged),
      };
    }
    return source.profile;
  };

  const speaksOf = (enterprises: ReadonlySet<number>, { enterprises: own }: Source): boolean =>
    own.size === 0 || [...own].some((number) => enterprises.has(number));

  return {
    async candidates(enterprises) {
      const found: Profile[] = [];
      for (const source of sources.values()) {
        if (!speaksOf(enterprises, source)) continue;
        if (source.profile === undefined) await nextTurn();
        const profile = profileOf(source);
        if (profile) found.push(profile);
      }
      return found;
    },
    all: () => [...sources.values(), ...modules.values()].flatMap((source) => profileOf(source) ?? []),
    named: (name) => {
      const source = find(name);
      return source ? profileOf(source) : null;
    },
    sources: [...sources.values(), ...modules.values()],
    problems,
  };
}

function withoutMatch({ sysobjectid: _oid, sysdescr: _descr, present: _present, ...rest }: ProfileFile): ProfileFile {
  return rest;
}

/** A profile over its base: lists are joined, fields of the profile win. */
function over(base: ProfileFile, own: ProfileFile): ProfileFile {
  const fields = { ...base.metadata?.device?.fields, ...own.metadata?.device?.fields };
  return {
    ...base,
    ...own,
    metrics: [...(base.metrics ?? []), ...(own.metrics ?? [])],
    metric_tags: [...(base.metric_tags ?? []), ...(own.metric_tags ?? [])],
    static_tags: [...(base.static_tags ?? []), ...(own.static_tags ?? [])],
    metadata: { ...base.metadata, ...own.metadata, device: { ...own.metadata?.device, fields } },
  };
}
