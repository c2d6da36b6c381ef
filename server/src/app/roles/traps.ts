import { join } from 'node:path';
import type { Backends } from '#app/backends.ts';
import type { RoleConfig } from '#app/config/load.ts';
import { createTrapListener } from '#collectors/traps/listener.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Targets } from '#services/inventory/targets.ts';
import type { Directory } from '#services/logs/directory.ts';
import type { LineCounts } from '#services/logs/line-counts.ts';
import { createLogIngest } from '#services/logs/ingest.ts';
import { createNotificationCredentials } from '#services/logs/notification-credentials.ts';
import { createLineCodec } from '#services/logs/spool.ts';
import { createListeners } from '#worker/listeners.ts';
import { createEnqueuePoll } from '#worker/poll-now.ts';
import { createPollSoon } from '#worker/poll-soon.ts';
import { spoolDirectories } from '#worker/spool/directories.ts';
import { createFileSpool } from '#worker/spool/file-spool.ts';
import { TRAP_SPOOL } from '#worker/spool/names.ts';
import { spoolLimits } from '#worker/spool/settings.ts';

const MAX_BYTES = 256 * 1024 * 1024;

export interface TrapsDeps {
  readonly config: RoleConfig;
  readonly backends: Backends;
  readonly targets: Targets;
  readonly directory: Directory;
  /** Names the batches of this process. */
  readonly source: string;
  /** Counts lines by device; notifications are lines too. */
  readonly counts: LineCounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}

/**
 * Everything for SNMP notifications, in the order in which it starts. One process of a machine has it: what was taken
 * once is known in one place. Its spool is its own, so that no flood of other lines takes the room.
 */
export function createTraps(deps: TrapsDeps): { components: Component[]; counters(): Record<string, number> } {
  const { config, backends, targets, directory, counts, source, clock, log, tracing } = deps;
  const { bus, queues, leases, stores } = backends;
  const { partitions, dataDir } = config;
  const enqueue = createEnqueuePoll({ queues, leases, clock, partitions, tracing });
  const pollSoon = createPollSoon({ targets, enqueue, clock, log });
  const credentials = createNotificationCredentials({ ...stores, bus, clock, log });
  const spool = createFileSpool({
    ...spoolDirectories(join(dataDir, 'trap-spool'), 1, 1),
    codec: createLineCodec(stores.logs),
    names: TRAP_SPOOL,
    whenFull: 'refuse_newest',
    ...spoolLimits(config.spool),
    maxBytes: MAX_BYTES,
    source: `${source}-traps`,
    clock,
    log,
  });
  const ingest = createLogIngest({
    store: stores.logs,
    spool,
    senders: stores.senders,
    directory,
    bus,
    clock,
    tracing,
    counted: 'trap',
    counts,
    pollSoon: (deviceId) => pollSoon.poll(deviceId),
  });
  const listener = createTrapListener({
    settings: config.traps,
    mibs: config.mibs,
    credentials,
    stateFile: join(dataDir, 'snmp-engine.json'),
    sink: ingest,
    clock,
    log,
  });
  const listeners = createListeners({ listeners: [listener], clock, log });
  return {
    components: [pollSoon, credentials, ingest, listeners],
    counters: () => ({ ...pollSoon.counters(), ...ingest.counters(), ...listeners.counters() }),
  };
}
