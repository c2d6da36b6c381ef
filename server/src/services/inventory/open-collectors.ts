import type { OpenCollector } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { CollectorCatalog } from './configure.ts';

/** Collectors of this process, opened when first asked for. */
export interface OpenCollectors extends Component {
  /** Throws what `open` throws: `icmp_not_permitted` and the like; the next call tries again. */
  get(name: string): Promise<OpenCollector<unknown>>;
}

export interface OpenCollectorsDeps {
  readonly catalog: CollectorCatalog;
  readonly log: Log;
  readonly clock: Clock;
  /** Folders of the operator's own device profiles. */
  readonly profileFolders?: readonly string[];
}

export function createOpenCollectors(deps: OpenCollectorsDeps): OpenCollectors {
  const open = new Map<string, Promise<OpenCollector<unknown>>>();
  return {
    name: 'collectors for tests of devices',
    async start() {},
    async stop() {
      const closing = [...open.values()];
      open.clear();
      await Promise.allSettled(closing.map(async (collector) => (await collector).close()));
    },
    async get(name) {
      const existing = open.get(name);
      if (existing) return existing;
      const module = deps.catalog.find((candidate) => candidate.name === name);
      if (!module) throw new AppError('not_found', `There is no collector “${name}”.`);
      const opening = module.open(deps);
      open.set(name, opening);
      try {
        return await opening;
      } catch (error) {
        open.delete(name);
        throw error;
      }
    },
  };
}
