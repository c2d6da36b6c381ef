// A collector process whose only collector writes a line for every poll: `started pid device at` and `ended …`. The
// test kills, stops and starts it. What it is to do comes in environment variables.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { CollectorModule } from '#collectors/collector.ts';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { systemClock } from '#platform/clock.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { silentLog } from '#platform/log.ts';
import { createBullmqQueues } from '#queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '#queue/bullmq/postgres.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { createModules } from '#worker/modules.ts';
import { createPartitions } from '#worker/partitions.ts';
import type { Partitions } from '#worker/partitions.ts';
import { createRunner } from '#worker/runner.ts';
import { createSharedClock } from '#worker/shared-clock.ts';

const { SOTP_TEST_URL: databaseUrl = '', SOTP_TEST_LEDGER: ledger = '' } = process.env;
const leaseMs = Number(process.env['SOTP_TEST_LEASE_MS'] ?? 15_000);
const clock = systemClock;
const log = silentLog;
const sites = process.env['SOTP_TEST_SITES']?.split(',') ?? null;
const partitionCount = 4;

const writer: CollectorModule = {
  name: 'ledger',
  title: 'ledger',
  defaultIntervalSeconds: 10,
  settings: z.object({}).loose(),
  credentialKinds: [],
  open: async () => ({
    async poll(target, _settings, { at, signal }) {
      appendFileSync(
        ledger,
        `${JSON.stringify({ pid: process.pid, device: target.deviceId, at, made: Date.now() })}\n`,
      );
      await clock.sleep(20, signal);
      return { polledAt: at, samples: [], restarted: false, faults: [] };
    },
    check: async () => [],
    forget: () => undefined,
    metrics: () => ({}),
    close: async () => undefined,
  }),
};

const pg = createPostgres({ databaseUrl, log, maxConnections: 3, applicationName: 'sotp test collector' });
const bus = createPostgresBus({ pg, log });
const queues = createBullmqQueues({
  driver: createPostgresDriver({ databaseUrl, log, maxWorkers: partitionCount }),
  log,
});
const shared = createSharedClock(clock);
const modules = createModules({ catalog: [writer], clock, log });
const held: { partitions?: Partitions } = {};
const runner = createRunner({
  targets: {
    schedule: async () => [],
    target: async (deviceId) => ({
      target: { deviceId, address: '127.0.0.1', credentials: [] },
      name: '',
      site: null,
      disabled: false,
      collectors: [{ name: 'ledger', intervalSeconds: 1, settings: {} }],
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
  member: { id: randomUUID(), host: hostname(), pid: process.pid, name: '', sites },
  partitions: partitionCount,
  handle: (partition, job) => runner.handle(partition, job),
  lost: (partition) => runner.forgetPartition(partition),
  leaseMs,
  heartbeatMs: leaseMs / 3,
});
held.partitions = partitions;
const lifecycle = createLifecycle([modules, partitions, runner]);
await lifecycle.start();
process.send?.('ready');
setInterval(() => process.send?.({ held: partitions.held() }), 500).unref();
process.on('message', (message) => {
  // A blocked event loop, as a bug in a collector would cause it.
  if (typeof message === 'object' && message !== null && 'block' in message) {
    const until = performance.now() + Number(message.block);
    while (performance.now() < until);
    return;
  }
  void lifecycle
    .stop()
    .then(() => queues.close())
    .then(() => bus.close())
    .then(() => pg.stop())
    .then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
