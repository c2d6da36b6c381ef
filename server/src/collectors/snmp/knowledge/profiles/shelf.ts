import { setTimeout as sleepTimer } from 'node:timers/promises';
import type { KnowledgeReport } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { checkFolder } from './check.ts';
import type { FolderCheck } from './check.ts';
import { createLibrary, SHIPPED_PROFILES } from './library.ts';
import type { Library } from './library.ts';
import { folderStamp, readFolder } from './sources.ts';
import type { Folder, Source } from './sources.ts';

/** The profiles in force. They are read anew when a file in one of the operator's folders changes. */
export interface Shelf {
  library(): Library;
  /** Grows whenever files change; what was read by an older one may be out of date. */
  readonly generation: number;
  /** Whether something of these enterprises has changed since that generation. */
  concerns(since: number, enterprises: readonly number[]): boolean;
  /** What lies in the operator's folders and what is wrong with it. */
  report(): Promise<KnowledgeReport>;
  metrics(): Record<string, number>;
  /** Looks at the folders now, and tells whether anything changed. */
  refresh(): boolean;
  close(): void;
}

export interface ShelfDeps {
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** How often the folders are looked at. */
  readonly everyMs?: number;
}

interface Change {
  readonly generation: number;
  /** Null stands for any device. */
  readonly enterprises: ReadonlySet<number> | null;
}

/** An operator who edits a profile waits for this and for the device's next poll. */
const EVERY_MS = 10_000;
/** A note of a foreign dialect is worth reading a few of. */
const NOTES_MAX = 200;

let shipped: Folder | undefined;

/** Opens the folders, those that SOTP brings along first. */
export function openShelf({ folders, clock, log, everyMs = EVERY_MS }: ShelfDeps): Shelf {
  const own = (shipped ??= readFolder(SHIPPED_PROFILES));
  const checks = new WeakMap<Folder, Promise<FolderCheck>>();
  const ending = new AbortController();
  const changes: Change[] = [];
  let generation = 0;
  let faults = 0;
  let readAt = clock.now();
  let stamps = folders.map(folderStamp);
  let read = folders.map((folder) => readFolder(folder));
  let library = createLibrary([own, ...read]);

  const check = (folder: Folder): Promise<FolderCheck> => {
    let found = checks.get(folder);
    if (!found) {
      const others = [own, ...read].flatMap(({ sources }) => sources);
      found = checkFolder(folder, others);
      checks.set(folder, found);
    }
    return found;
  };

  /** Tells once after every change what is wrong; what repeats is counted in the metrics. */
  async function tell(): Promise<void> {
    const results = await Promise.all(read.map(check));
    const problems = results.flatMap((result) => result.problems);
    faults = problems.length;
    for (const { file, line, message } of problems.slice(0, 5)) {
      log.warn({ profile: file, line, problem: message, problems: problems.length }, 'a profile is left out');
    }
  }

  function refresh(): boolean {
    const now = folders.map(folderStamp);
    if (now.every((stamp, i) => stamp === stamps[i])) return false;
    const before = read;
    read = folders.map((folder, i) => readFolder(folder, before[i]));
    stamps = now;
    readAt = clock.now();
    // What a profile was merged from may be another file now.
    for (const source of [own, ...read].flatMap(({ sources }) => sources)) {
      if (source.module || source.parsed?.extends) delete source.profile;
    }
    library = createLibrary([own, ...read]);
    generation += 1;
    changes.push({ generation, enterprises: changedEnterprises(before, read) });
    log.info({ generation, files: read.reduce((sum, { files }) => sum + files, 0) }, 'profiles were read anew');
    void tell();
    return true;
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await sleepTimer(everyMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      if (!ending.signal.aborted) refresh();
    }
  }

  if (folders.length > 0) {
    void watch();
    void tell();
  }
  return {
    library: () => library,
    get generation() {
      return generation;
    },
    concerns: (since, enterprises) =>
      changes.some(
        (change) =>
          change.generation > since &&
          (change.enterprises === null || enterprises.some((number) => change.enterprises?.has(number))),
      ),
    async report() {
      refresh();
      const list = await Promise.all(
        read.map(async (folder) => {
          const { files, profiles, problems, notes } = await check(folder);
          return { path: folder.path, files, profiles, problems: [...problems], notes: notes.slice(0, NOTES_MAX) };
        }),
      );
      return { readAt, shipped: own.files, folders: list };
    },
    metrics: () => ({
      profile_files: read.reduce((sum, { files }) => sum + files, 0),
      profile_problems: faults,
      profile_generation: generation,
    }),
    refresh,
    close: () => ending.abort(),
  };
}

/** The enterprises that any file speaks of which came, went or changed, or of which others are made; null for all. */
function changedEnterprises(before: readonly Folder[], now: readonly Folder[]): ReadonlySet<number> | null {
  const old = new Set(before.flatMap(({ sources }) => sources));
  const fresh = new Set(now.flatMap(({ sources }) => sources));
  const changed = [...old].filter((source) => !fresh.has(source)).concat([...fresh].filter((one) => !old.has(one)));
  const named = new Set(changed.map(({ name }) => name));
  const isMadeOf = ({ text }: Source): boolean =>
    text.includes('extends') && [...named].some((name) => text.includes(name));
  const enterprises = new Set<number>();
  for (const source of [...changed, ...[...fresh].filter(isMadeOf)]) {
    // A module speaks of nobody by itself: whoever asked for it by name is not known here.
    if (source.module || source.enterprises.size === 0) return null;
    for (const number of source.enterprises) enterprises.add(number);
  }
  return enterprises;
}
