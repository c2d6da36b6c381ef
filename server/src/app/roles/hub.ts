import type { FastifyInstance } from 'fastify';
import { createApi } from '#api/server.ts';
import { createBackends } from '#app/backends.ts';
import { scheduledBackups } from '#app/backup/scheduled.ts';
import { scheduledReports } from '#app/reports/scheduled.ts';
import { removeLocalAccess, writeLocalAccess } from '#app/cli/local-token.ts';
import { version } from '#app/version.ts';
import { collectors } from '#collectors/registry.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { trimMalloc } from '#platform/malloc.ts';
import { createMeter } from '#platform/meter.ts';
import type { Component } from '#platform/lifecycle.ts';
import { createAccess } from '#services/access/access.ts';
import { renewLocalToken } from '#services/access/local-token.ts';
import { blindHeartbeat } from '#services/alerting/heartbeat.ts';
import { createInventory } from '#services/inventory/inventory.ts';
import { createCountedQueries } from '#services/logs/counted-queries.ts';
import { blindDevices } from '#services/fleet/blind-devices.ts';
import { blindProcesses, blindProfiles, blindSenders } from '#services/fleet/blind-processes.ts';
import { createBlindSpots } from '#services/fleet/blind-spots.ts';
import { createFleetOverview } from '#services/fleet/overview.ts';
import { createQueueDepth } from '#services/fleet/queue-depth.ts';
import { createRecurring } from '#services/fleet/recurring.ts';
import { createDirectory } from '#services/logs/directory.ts';
import { createLogs } from '#services/logs/logs.ts';
import { createReports } from '#services/reporting/reports.ts';
import { createProcessBook } from '#services/telemetry/process-book.ts';
import { createProcessReporter } from '#services/telemetry/processes.ts';
import { createSelfReport } from '#services/telemetry/self-report.ts';
import { createTelemetry } from '#services/telemetry/queries.ts';
import { createLiveFeed } from '#services/telemetry/stream.ts';
import { addDemoDevices } from './demo.ts';
import { baseUrl, readTls, startListening } from './listening.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createPages } from './pages.ts';
import { createReadiness } from './readiness.ts';
import { createScheduling } from './scheduling.ts';
import { createSelfWatch } from './self-watch.ts';
import type { RoleContext, RoleFactory } from './role-context.ts';
import { createSupervisorWord } from './supervisor-word.ts';

const CONNECTIONS = 10;
const TASKS_KEPT_MS = 7 * 86_400_000;
const CHANGES_KEPT_MS = 365 * 86_400_000;
const ALERTS_KEPT_MS = 90 * 86_400_000;
const SENDERS_KEPT_MS = 30 * 86_400_000;

/** Everything of the hub that neither listens nor serves pages. */
function compose(context: RoleContext) {
  const { config, databaseUrl, log, clock, tracing } = context;
  const meter = createMeter();
  const backends = createBackends({
    databaseUrl,
    meter,
    tracing,
    redisUrl: config.redisUrl,
    metrics: config.metrics,
    dataDir: config.dataDir,
    secretKey: config.secretKey,
    mayCreateKey: true,
    log,
    applicationName: 'sotp hub',
    maxConnections: CONNECTIONS,
    maxWorkers: 2,
    metricRetention: config.retention,
    logs: config,
    logRetention: {
      errorDays: config.retention.errorLogDays,
      noticeDays: config.retention.noticeLogDays,
      infoDays: config.retention.infoLogDays,
      debugDays: config.retention.debugLogDays,
    },
  });
  const { bus, cache, stores } = backends;
  const { scheduler, enqueuePoll } = createScheduling({ backends, partitions: config.partitions, clock, log, tracing });
  const access = createAccess({ stores, cache, bus, clock });
  const inventory = createInventory({
    stores,
    catalog: collectors,
    audit: access.audit,
    bus,
    enqueuePoll,
    platform: { log, clock, profileFolders: config.profiles.folders },
  });
  const { devices, tasks } = inventory;
  const telemetry = createTelemetry({ metrics: stores.metrics, devices: stores.devices, clock });
  const directory = createDirectory({ senders: stores.senders, bus, clock, log });
  const logs = createLogs({ store: stores.logs, senders: stores.senders, directory, bus, clock });
  const { countedQueries: store } = stores;
  const countedQueries = createCountedQueries({ store, world: directory, audit: access.audit, bus });
  const live = createLiveFeed({ bus, devices, tasks, logs, log });
  const book = createProcessBook({ bus, clock });
  const housekeeping = createHousekeeping({
    chores: [
      { name: 'retention', run: (now, signal) => stores.metrics.maintain(now, signal) },
      { name: 'retention of log lines', run: (now) => stores.logs.maintain(now) },
      { name: 'old senders', run: (now) => stores.senders.prune(now - SENDERS_KEPT_MS) },
      { name: 'old changes', run: (now, signal) => stores.devices.pruneChanges(now - CHANGES_KEPT_MS, signal) },
      { name: 'ports long gone', run: (now) => stores.ports.prune(now - CHANGES_KEPT_MS) },
      { name: 'old alerts', run: (now) => stores.alerts.prune(now - ALERTS_KEPT_MS, now) },
      { name: 'old tasks', run: (now) => stores.tasks.prune(now - TASKS_KEPT_MS) },
      // Last: the others have taken memory for a while, packing the most.
      { name: 'freed memory', run: async () => trimMalloc() },
    ],
    leads: scheduler.leads,
    clock,
    log,
  });
  const blindSpots = createBlindSpots({
    sources: [
      blindDevices(stores.blindDevices),
      blindProcesses(book),
      blindSenders(logs),
      blindProfiles(inventory.profiles),
      blindHeartbeat(book),
    ],
    clock,
  });
  const reports = createReports({ ...stores, blindSpots, clock });
  const recurring = createRecurring({
    jobs: [
      ...scheduledBackups(config, databaseUrl, () => clock.now()),
      ...scheduledReports({ config, reports, outbox: stores.outbox, bus, clock }),
    ],
    tasks: stores.tasks,
    leads: scheduler.leads,
    bus,
    clock,
    log,
    worker: `${config.machine}/hub`,
  });
  const fleet = createFleetOverview({ leases: backends.leases, queues: backends.queues, book, recurring, bus });
  const { leads } = scheduler;
  const selfWatch = createSelfWatch({
    config,
    tracing,
    backends,
    book,
    blindSpots,
    telemetry,
    audit: access.audit,
    leads,
    clock,
    log,
  });
  const supervisor = createSupervisorWord({ machine: config.machine, clock });
  const readiness = createReadiness(backends.pg, clock);
  const depth = createQueueDepth({ leads: scheduler.leads, depth: fleet.queue, clock });
  const hub = createSelfReport({
    role: 'hub',
    instance: `${config.machine}/${process.pid}`,
    clock,
    meter,
    counters: async () => ({
      ...tracing.counters(),
      ready: (await readiness.reasons()).length === 0 ? 1 : 0,
      ...backends.counters(),
      ...scheduler.counters(),
      ...selfWatch.counters(),
      ...(await depth()),
    }),
    histograms: selfWatch.histograms,
  });
  const tell = async () => [await hub(), ...supervisor.reports()];
  const reporter = createProcessReporter({ bus, clock, tell });
  const self = { meter, tell, supervisor, readiness };
  const lines = { directory, logs, countedQueries };
  const plans = { scheduler, housekeeping, recurring };
  return {
    backends,
    access,
    inventory,
    telemetry,
    lines,
    fleet,
    blindSpots,
    reports,
    selfWatch,
    live,
    book,
    self,
    plans,
    reporter,
  };
}

/** The hub: API, live stream, pages, scheduler. */
export const createHub: RoleFactory = (context) => {
  const { config, log } = context;
  const parts = compose(context);
  const {
    backends,
    access,
    inventory,
    telemetry,
    lines,
    fleet,
    blindSpots,
    reports,
    selfWatch,
    live,
    book,
    self,
    plans,
    reporter,
  } = parts;
  const { directory, logs, countedQueries } = lines;
  const pages = createPages(log);
  let app: FastifyInstance | undefined;
  let closeInternal: (() => Promise<void>) | undefined;

  const gateway: Component = {
    name: 'gateway',
    async start() {
      const { trustedProxies, publicUrl } = config;
      const options = { version, trustedProxies, publicUrl, tls: readTls(config.tls) };
      app = await createApi({
        options,
        access,
        inventory,
        telemetry,
        logs,
        countedQueries,
        fleet,
        blindSpots,
        reports,
        alerting: selfWatch.alerting,
        live,
        self: { processes: book, meter: self.meter, tell: self.tell, readiness: self.readiness.reasons },
        tracing: context.tracing,
        log,
      });
      app.route({
        method: ['GET', 'HEAD'],
        url: '/*',
        async handler(request, reply) {
          reply.hijack();
          await pages.handle(request.raw, reply.raw);
        },
      });
      closeInternal = await startListening(app, config);
    },
    async stop() {
      await closeInternal?.();
      await app?.close();
    },
  };
  const running = createLifecycle([
    backends.component,
    inventory.openCollectors,
    directory,
    live,
    book,
    gateway,
    pages,
    plans.scheduler,
    plans.housekeeping,
    plans.recurring,
    ...selfWatch.components,
    reporter,
  ]);

  return {
    async start() {
      await running.start();
      const { setupToken } = await access.ensureAdmin(config.adminPassword);
      const address = baseUrl(app, config);
      const token = await renewLocalToken(backends.stores.tokens, config.dataDir);
      writeLocalAccess(config.dataDir, { url: process.env['SOTP_INTERNAL_URL'] ?? address, token });
      if (setupToken === undefined) return { address };
      return { address, setupLink: `${address}/setup?token=${encodeURIComponent(setupToken)}` };
    },
    stop() {
      removeLocalAccess(config.dataDir);
      return running.stop();
    },
    drain: self.readiness.drain,
    supervisor: self.supervisor.take,
    agents(agents) {
      addDemoDevices(inventory, agents).then(
        (added) => added > 0 && log.info({ added }, 'added the simulated devices'),
        (error: unknown) => log.error({ err: error }, 'the simulated devices could not be added'),
      );
    },
  };
};
