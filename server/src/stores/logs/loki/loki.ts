import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { LogStore, LogUsage } from '#stores/logs/logs.ts';
import { decodeBlocks, encodeBlocks } from '#stores/logs/packed/carry.ts';
import { CLASSES, createPacker, packLines } from '#stores/logs/packed/pack.ts';
import type { LogBlock } from '#stores/logs/packed/pack.ts';
import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import { createLokiClient } from './client.ts';
import type { LokiSettings } from './client.ts';
import { SERVICE, toNanos } from './entry.ts';
import { histogramLoki, searchLoki } from './search.ts';
import { pushCounting, requestsOf } from './write.ts';

const DAY_MS = 86_400_000;
/** Days of which the use is told. */
const USAGE_DAYS = 30;

export interface LokiLogStoreDeps {
  readonly loki: LokiSettings;
  /** Names the process that writes: `host/1`. Who only reads has none. */
  readonly writer?: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Numbers in [0, 1). */
  readonly random?: () => number;
}

/**
 * Lines in Loki. They wait in the spool packed as for PostgreSQL, so that the back end can be changed at any time, and are
 * pushed in order of receipt. A batch that comes again makes the same entries, which Loki takes once.
 */
export function createLokiLogStore(deps: LokiLogStoreDeps): LogStore<LogBlock> {
  const { writer = '', clock, log, random = Math.random } = deps;
  const client = createLokiClient(deps.loki);

  return {
    packer: () => createPacker(random, writer),
    pack: (lines) => packLines(lines, random, writer),
    encode: encodeBlocks,
    decode: decodeBlocks,
    async write(blocks) {
      let refused = 0;
      for (const request of requestsOf(blocks)) refused += await pushCounting(client, request, log);
      return refused;
    },
    search: (query, signal) => searchLoki(client, query, signal),
    histogram: (query, signal) => histogramLoki(client, query, signal),
    async usage() {
      const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
      const range = { start: toNanos(today - USAGE_DAYS * DAY_MS), end: toNanos(today + DAY_MS) };
      const bytes = new Map<string, LogUsage>();
      for (const { metric, values } of await client.volume({ query: `{service_name="${SERVICE}"}`, ...range })) {
        const severity = SEVERITY_NAMES.findIndex((name) => name === metric['severity']);
        const one = CLASSES.find(({ from, to }) => severity >= from && severity <= to);
        if (!one) continue;
        for (const [seconds, size] of values) {
          const day = Math.floor((seconds * 1000 - 1) / DAY_MS) * DAY_MS;
          const before = bytes.get(`${one.name}/${day}`)?.bytes ?? 0;
          bytes.set(`${one.name}/${day}`, { class: one.name, day, bytes: before + Number(size), lines: null });
        }
      }
      return [...bytes.values()].toSorted((a, b) => b.day - a.day);
    },
    // Retention and compaction are Loki's own.
    maintain: async () => undefined,
  };
}
