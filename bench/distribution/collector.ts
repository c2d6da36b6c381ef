// One collector process of the benchmark: leases partitions and "polls" by doing nothing, so that what is measured is
// giving out and taking work. Tells its counters and its CPU time when asked.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import type { CollectorModule } from '../../server/src/collectors/collector.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { createLifecycle } from '../../server/src/platform/lifecycle.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createBullmqQueues } from '../../server/src/queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '../../server/src/queue/bullmq/postgres.ts';
import { createPostgresLeases } from '../../server/src/stores/leases/postgres.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { createModules } from '../../server/src/worker/modules.ts';
import { createPartitions } from '../../server/src/worker/partitions.ts';
import type { Partitions } from '../../server/src/worker/partitions.ts';
import { createRunner } from '../../server/src/worker/runner.ts';
import { createSharedClock } from '../../server/src/worker/shared-clock.ts';

const { SOTP_BENCH_URL: databaseUrl = '', SOTP_BENCH_PARTITIONS = '4', SOTP_BENCH_BAD = '0' } = process.env;
const partitionCount = Number(SOTP_BENCH_PARTITIONS);
/** Of 100 devices, these never answer within their budget. */
const bad = Number(SOTP_BENCH_BAD);
const log = silentLog;
const clock = systemClock;

/** Start lags of devices that answer, since they were last told. */
let lags: number[] = [];

const idle: CollectorModule = {
  name: 'bench',
  title: 'bench',
  defaultIntervalSeconds: 10,
  settings: z.object({}).loose(),
  credentialKinds: [],
  open: async () => ({
    async poll(target, _settings, { at, signal, budgetMs }) {
      if (target.deviceId % 100 >= bad) lags.push(shared.now() - at);
      const silent = target.deviceId % 100 < bad;
      await clock.sleep(silent ? budgetMs + 1_000 : 5, signal).catch(() => {
        throw signal.reason;
      });
      return { polledAt: at, samples: [], restarted: false, faults: [] };
    },
    check: async () => [],
    forget: () => undefined,
    metrics: () => ({}),
    close: async () => undefined,
  }),
};

const pg = createPostgres({ databaseUrl, log, maxConnections: 3 });
const bus = createPostgresBus({ pg, log });
const queues = createBullmqQueues({
  driver: createPostgresDriver({ databaseUrl, log, maxWorkers: partitionCount }),
  log,
});
const shared = createSharedClock(clock);
const modules = createModules({ catalog: [idle], clock, log });
const held: { partitions?: Partitions } = {};
const runner = createRunner({
  targets: {
    schedule: async () => [],
    target: async (deviceId) => ({
      target: { deviceId, address: '', credentials: [] },
      name: '',
      site: null,
      disabled: false,
      collectors: [{ name: 'bench', intervalSeconds: 10, settings: {} }],
    }),
  },
  modules,
  ingest: { record: () => undefined, flush: async () => undefined },
  clock,
  shared,
  log,
  holds: (partition, at) => held.partitions?.holds(partition, at) ?? false,
});
const partitions = createPartitions({
  leases: createPostgresLeases(pg),
  queues,
  bus,
  clock,
  shared,
  log,
  member: { id: randomUUID(), host: hostname(), pid: process.pid, name: '', sites: null },
  partitions: partitionCount,
  handle: (partition, job) => runner.handle(partition, job),
  lost: (partition) => runner.forgetPartition(partition),
});
held.partitions = partitions;
await createLifecycle([modules, partitions, runner]).start();
process.on('message', () => {
  const sorted = lags.toSorted((a, b) => a - b);
  lags = [];
  const lag = (q: number) => Math.round((sorted[Math.floor(q * sorted.length)] ?? 0) * 10) / 10;
  process.send?.({ ...runner.counters(), lagP50: lag(0.5), lagP99: lag(0.99), lagMax: lag(0.999_999) });
});
process.on('disconnect', () => process.exit(0));
