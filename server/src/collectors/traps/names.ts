import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { MibProblem } from '#protocols/mib/ast.ts';
import { createMibTree } from '#protocols/mib/tree.ts';
import { readDefinitions } from './definitions.ts';
import type { Knowledge } from './describe.ts';
import { listMibFiles, loadMibs, standardModules } from './mib-files.ts';

const LOOK_MS = 10_000;
const PROBLEMS_LOGGED = 5;

export interface NamesDeps {
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** What is known of notifications; follows the operator's folders. */
export interface Names {
  /** The standard modules until the folders are read. */
  readonly knowledge: Knowledge;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads the folders at start and whenever a file in them has changed since: MIBs, and definitions in YAML. */
export function createNames({ folders, clock, log }: NamesDeps): Names {
  let knowledge: Knowledge | undefined;
  let seen = '';
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  function say(found: readonly MibProblem[], modules: number, files: number): void {
    for (const { file, line, message } of found.slice(0, PROBLEMS_LOGGED)) log.warn(`${file}:${line}: ${message}`);
    const rest = found.length > PROBLEMS_LOGGED ? `; ${found.length} faults, all told by sotp mib check` : '';
    log.info(`MIBs: ${modules} modules from ${files} files${rest}`);
  }

  async function look(): Promise<void> {
    const { files, problems } = listMibFiles(folders);
    const now = JSON.stringify([files, problems]);
    if (now === seen) return;
    seen = now;
    const library = await loadMibs(folders);
    const yaml = files.map(({ path }) => path).filter((path) => /\.ya?ml$/.test(path));
    const own = readDefinitions(yaml);
    knowledge = { tree: library.tree, definitions: own.definitions };
    say([...library.problems, ...own.problems], library.modules.length, library.files);
  }

  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await look().catch((error: unknown) => log.warn({ err: error }, 'the folders of MIBs cannot be read'));
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  return {
    get knowledge() {
      return (knowledge ??= { tree: createMibTree(standardModules()), definitions: readDefinitions([]).definitions });
    },
    async start() {
      stopping = new AbortController();
      if (folders.length > 0) running = follow(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
