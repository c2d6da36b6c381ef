import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createBackends } from '#app/backends.ts';
import { collectors } from '#collectors/registry.ts';
import { createSyslogListeners } from '#collectors/syslog/listeners.ts';
import { partitionOf } from '#domain/partition.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { createLoopDelay } from '#platform/loop-delay.ts';
import { createMeter } from '#platform/meter.ts';
import { createPollReport } from '#services/inventory/task-report.ts';
import { createTargets } from '#services/inventory/targets.ts';
import { createCanaryEmitter } from '#services/canary/emitter.ts';
import { createDirectory } from '#services/logs/directory.ts';
import { createLineCounts } from '#services/logs/line-counts.ts';
import { createLogIngest } from '#services/logs/ingest.ts';
import { createLineCodec } from '#services/logs/spool.ts';
import { createIngest } from '#services/telemetry/ingest.ts';
import { createProcessReporter } from '#services/telemetry/processes.ts';
import { createSelfReport } from '#services/telemetry/self-report.ts';
import { JOINED_BATCHES } from '#services/telemetry/spool.ts';
import { reachDatabase } from '#stores/postgres/reachable.ts';
import { createLocalPlan } from '#worker/local-plan.ts';
import { createListeners } from '#worker/listeners.ts';
import { createModules } from '#worker/modules.ts';
import { createPartitions } from '#worker/partitions.ts';
import type { Partitions } from '#worker/partitions.ts';
import { createRunner } from '#worker/runner.ts';
import { sampleCodec } from '#worker/spool/codec.ts';
import { spoolDirectories } from '#worker/spool/directories.ts';
import { createFileSpool } from '#worker/spool/file-spool.ts';
import { LINE_SPOOL, SAMPLE_SPOOL } from '#worker/spool/names.ts';
import { spoolLimits } from '#worker/spool/settings.ts';
import { createSharedClock } from '#worker/shared-clock.ts';
import type { RoleContext, RoleFactory } from './role-context.ts';
import { createSupervisorWord } from './supervisor-word.ts';
import { createTraps } from './traps.ts';

/** Time for a second try, should the first packet be lost. */
const REACH_MS = 1_200;

/** Whether a process of this machine runs; one that may not be signalled does. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** What tells this machine, and this container on it, from others: only where it is the same do process numbers compare. */
function machineId(): string {
  try {
    return `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** The collector: leases partitions, polls, and writes to the stores. */
export const createCollector: RoleFactory = (context: RoleContext) => {
  const { config, databaseUrl, log, clock, index, tracing } = context;
  const member = {
    id: randomUUID(),
    host: machineId(),
    pid: process.pid,
    name: `${config.machine}/${index}`,
    sites: config.sites.length > 0 ? config.sites : null,
  };
  const meter = createMeter();
  const backends = createBackends({
    databaseUrl,
    meter,
    tracing,
    redisUrl: config.redisUrl,
    metrics: config.metrics,
    dataDir: config.dataDir,
    secretKey: config.secretKey,
    mayCreateKey: config.roles.includes('hub'),
    log,
    applicationName: 'sotp collector',
    // Idle ones are closed after half a minute: so many are there only while many devices are new.
    maxConnections: 10,
    logs: config,
    logWriter: member.name,
    maxWorkers: config.sites.length > 0 ? 2 * config.sites.length : config.partitions,
  });
  const { bus, queues, leases, stores } = backends;
  const shared = createSharedClock(clock);
  const targets = createTargets({ ...stores, bus, clock, log });
  const modules = createModules({ catalog: collectors, clock, log, profileFolders: config.profiles.folders });
  const spool = createFileSpool({
    ...spoolDirectories(join(config.dataDir, 'spool'), index, config.collectors),
    codec: sampleCodec,
    names: SAMPLE_SPOOL,
    // Samples find their place whatever the order.
    waveBatches: 4,
    joining: JOINED_BATCHES,
    whenFull: 'drop_oldest',
    ...spoolLimits(config.spool),
    source: member.id,
    clock,
    log,
  });
  const { partitions: count } = config;
  // The two know each other only by what they ask: may I poll this, and work this job.
  const held: { partitions?: Partitions } = {};
  const ingest = createIngest({
    ...stores,
    bus,
    spool,
    clock,
    now: shared.now,
    log,
    tracing,
    terms: () => leases.terms(),
    partitionOf: async () => {
      const zones = await leases.zonedDevices();
      return (deviceId) => partitionOf(deviceId, count, zones.get(deviceId));
    },
  });
  const loopDelay = createLoopDelay(clock);
  const runner = createRunner({
    targets,
    modules,
    ingest,
    clock,
    shared,
    log,
    tracing,
    holds: (partition, at) => held.partitions?.holds(partition, at) ?? false,
    unleased: () => held.partitions?.unleased(),
    heard: (up, news, begunAt) => held.partitions?.heard(up, news, begunAt),
    heldUpSince: loopDelay.worstSince,
    lost: (deviceId) => ingest.forget(deviceId),
    report: createPollReport({ tasks: stores.tasks, bus, log, worker: member.name }),
  });
  const partitions = createPartitions({
    leases,
    queues,
    bus,
    clock,
    shared,
    log,
    member,
    partitions: count,
    handle: (partition, job) => {
      localPlan.noteJob();
      return runner.handle(partition, job);
    },
    lost: (partition) => runner.forgetPartition(partition),
    backAgain: () => backends.pg.reconnect(),
    reach: () => reachDatabase(databaseUrl, REACH_MS),
    isAlive,
  });
  held.partitions = partitions;
  const localPlan = createLocalPlan({
    schedule: (deviceIds) => targets.schedule(deviceIds),
    partitions: count,
    held: partitions.held,
    stranded: partitions.stranded,
    blind: partitions.blind,
    handle: (partition, job) => runner.handle(partition, job),
    bus,
    clock,
    shared,
    log,
  });
  targets.onChange((deviceId) => runner.changed(deviceId));
  targets.onForget((deviceId) => runner.forget(deviceId));
  const directory = createDirectory({ senders: stores.senders, bus, clock, log });
  const lineSpool = createFileSpool({
    ...spoolDirectories(join(config.dataDir, 'log-spool'), index, config.collectors),
    codec: createLineCodec(stores.logs),
    names: LINE_SPOOL,
    // What was received is kept: the beginning of a fault is worth more than its echo, and some senders were told.
    whenFull: 'refuse_newest',
    ...spoolLimits(config.spool),
    source: member.id,
    clock,
    log,
  });
  const lineCounts = createLineCounts({
    queries: stores.countedQueries,
    world: directory,
    bus,
    clock,
    log,
    collector: member.name,
    write: (rows) => void spool.append({ rows, runs: [], facts: [] }),
  });
  const logIngest = createLogIngest({
    store: stores.logs,
    spool: lineSpool,
    counts: lineCounts,
    senders: stores.senders,
    directory,
    bus,
    clock,
    tracing,
  });
  const listeners = createListeners({
    listeners: createSyslogListeners(config.syslog, { sink: logIngest, log, clock }),
    clock,
    log,
  });
  const traps =
    index === 1 && config.traps.udp > 0
      ? createTraps({
          config,
          backends,
          targets,
          directory,
          counts: lineCounts,
          source: member.id,
          clock,
          log,
          tracing,
        })
      : undefined;
  const canary = createCanaryEmitter({
    collector: member.name,
    sample: ingest.recordCanary,
    lines: logIngest.takeCanary,
    clock,
    now: shared.now,
  });
  const supervisor = createSupervisorWord({ machine: config.machine, clock });
  const self = createSelfReport({
    role: 'collector',
    instance: member.name,
    clock,
    meter,
    counters: () => ({
      ...tracing.counters(),
      ...backends.counters(),
      ...runner.counters(),
      ...partitions.counters(),
      ...localPlan.counters(),
      ...ingest.counters(),
      ...modules.counters(),
      ...listeners.counters(),
      ...logIngest.counters(),
      ...(config.canary.enabled === 'yes' ? canary.counters() : {}),
      ...traps?.counters(),
    }),
    histograms: runner.histograms,
  });
  const reporter = createProcessReporter({
    bus,
    clock,
    tell: async () => [await self(), ...supervisor.reports()],
  });
  // Stopped in reverse: the runner first, so that jobs end at once and partitions can be given back.
  const lifecycle = createLifecycle([
    backends.component,
    loopDelay,
    targets,
    modules,
    ingest,
    partitions,
    runner,
    localPlan,
    directory,
    lineCounts,
    logIngest,
    listeners,
    ...(config.canary.enabled === 'yes' ? [canary] : []),
    ...(traps?.components ?? []),
    reporter,
  ]);
  return {
    async start() {
      await lifecycle.start();
      return {};
    },
    stop: () => lifecycle.stop(),
    supervisor: supervisor.take,
  };
};
