// One collector process of bench/neighbours/run.ts: leases partitions, takes jobs from the queue and polls by SNMP, as
// in production; what it gathers is only counted. Tells what became of the healthy devices when asked.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import type { CollectorModule } from '../../server/src/collectors/collector.ts';
import { snmpCollector } from '../../server/src/collectors/snmp/index.ts';
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
import { addressOf, kindOf } from './kinds.ts';

const { SOTP_BENCH_URL: databaseUrl = '', SOTP_BENCH_PORT, SOTP_BENCH_INTERVAL, SOTP_BENCH_BAD } = process.env;
const PARTITIONS = 4;
const intervalSeconds = Number(SOTP_BENCH_INTERVAL);
const settings = snmpCollector.settings.parse({ port: Number(SOTP_BENCH_PORT) });
const log = silentLog;
const clock = systemClock;

/** Since it was last asked: how late polls of healthy devices began, and the instants that were polled well or not. */
let lags: number[] = [];
let polled: [deviceId: number, at: number, up: boolean][] = [];
const isHealthy = (deviceId: number): boolean => kindOf(deviceId, SOTP_BENCH_BAD === '1') === 'healthy';

const module: CollectorModule = {
  ...snmpCollector,
  async open(deps) {
    const opened = await snmpCollector.open(deps);
    return {
      ...opened,
      async poll(target, _settings, context) {
        if (isHealthy(target.deviceId)) lags.push(shared.now() - context.at);
        try {
          const result = await opened.poll(target, settings, context);
          polled.push([target.deviceId, context.at, result.samples.length > 0]);
          return result;
        } catch (error) {
          polled.push([target.deviceId, context.at, false]);
          throw error;
        }
      },
    } as ReturnType<CollectorModule['open']> extends Promise<infer Open> ? Open : never;
  },
} as CollectorModule;

const credentials = [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c' as const, secret: { community: 'public' } } }];
const configured = new Map<number, Awaited<ReturnType<typeof configure>>>();
async function configure(deviceId: number) {
  return {
    target: { deviceId, address: addressOf(deviceId), credentials },
    name: '',
    site: null,
    disabled: false,
    collectors: [{ name: 'snmp', intervalSeconds, settings }],
  };
}

const pg = createPostgres({ databaseUrl, log, maxConnections: 3 });
const bus = createPostgresBus({ pg, log });
const queues = createBullmqQueues({ driver: createPostgresDriver({ databaseUrl, log, maxWorkers: PARTITIONS }), log });
const shared = createSharedClock(clock);
const modules = createModules({ catalog: [module], clock, log });
const held: { partitions?: Partitions } = {};
const runner = createRunner({
  targets: {
    schedule: async () => [],
    async target(deviceId) {
      let known = configured.get(deviceId);
      if (!known) configured.set(deviceId, (known = await configure(deviceId)));
      return known;
    },
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
  partitions: PARTITIONS,
  handle: (partition, job) => runner.handle(partition, job),
  lost: (partition) => runner.forgetPartition(partition),
});
held.partitions = partitions;
await createLifecycle([modules, partitions, runner]).start();
process.on('message', () => {
  process.send?.({
    lags,
    polled,
    cpu: process.cpuUsage(),
    counters: runner.counters(),
    rss: process.memoryUsage.rss(),
  });
  lags = [];
  polled = [];
});
process.on('disconnect', () => process.exit(0));
