import type { CollectorModule, OpenCollector } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';

/** A collector that may be asked, or why it may not. */
export type Opened =
  | { readonly module: CollectorModule; readonly collector: OpenCollector<unknown> }
  | { readonly error: AppError };

/** The collectors of this process. One that cannot be opened leaves the others working and is tried again. */
export interface Modules extends Component {
  get(name: string): Opened;
  forget(deviceId: number): void;
  /** The counters of all open collectors. */
  counters(): Record<string, number>;
}

export interface ModulesDeps {
  readonly catalog: readonly CollectorModule[];
  readonly clock: Clock;
  readonly log: Log;
  readonly retryMs?: number;
  /** Folders of the operator's own device profiles. */
  readonly profileFolders?: readonly string[];
}

const RETRY_MS = 180_000;

export function createModules({ catalog, clock, log, retryMs = RETRY_MS, profileFolders = [] }: ModulesDeps): Modules {
  const opened = new Map<string, Opened>();
  let stopping = new AbortController();
  let retrying: Promise<void> = Promise.resolve();

  async function open(module: CollectorModule): Promise<boolean> {
    try {
      opened.set(module.name, { module, collector: await module.open({ log, clock, profileFolders }) });
      return true;
    } catch (thrown) {
      const error = toAppError(thrown);
      const known = opened.get(module.name);
      // The same trouble is told once.
      if (!known || !('error' in known) || known.error.message !== error.message) {
        log.warn({ collector: module.name, code: error.code, err: error.message }, 'a collector cannot work here');
      }
      opened.set(module.name, { error });
      return false;
    }
  }

  async function retry(module: CollectorModule, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (await open(module)) {
        log.info({ collector: module.name }, 'the collector works now');
        return;
      }
    }
  }

  return {
    name: 'collectors',
    get(name) {
      return (
        opened.get(name) ?? {
          error: new AppError('not_found', `This collector process has no collector "${name}": update it.`),
        }
      );
    },
    forget(deviceId) {
      for (const entry of opened.values()) if ('collector' in entry) entry.collector.forget(deviceId);
    },
    counters() {
      const all: Record<string, number> = {};
      for (const entry of opened.values()) if ('collector' in entry) Object.assign(all, entry.collector.metrics());
      return all;
    },
    async start() {
      stopping = new AbortController();
      const failed: CollectorModule[] = [];
      for (const module of catalog) if (!(await open(module))) failed.push(module);
      retrying = Promise.all(failed.map((module) => retry(module, stopping.signal))).then(() => undefined);
    },
    async stop() {
      stopping.abort();
      await retrying;
      for (const entry of opened.values()) {
        if ('collector' in entry) await entry.collector.close().catch((err: unknown) => log.debug({ err }, 'close'));
      }
      opened.clear();
    },
  };
}
