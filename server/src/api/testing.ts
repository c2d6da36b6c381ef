import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { z } from 'zod';
import type { RoleName, Scope } from '@sotp/contract/access.ts';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { createPostgresCache } from '#cache/postgres/postgres.ts';
import type { CheckResult, CollectorModule, OpenCollector } from '#collectors/collector.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { silentLog, type Log } from '#platform/log.ts';
import { createAccess } from '#services/access/access.ts';
import { createTestAlerting } from '#services/alerting/testing/alerting.ts';
import { systemActor } from '#services/access/actor.ts';
import { createInventory } from '#services/inventory/inventory.ts';
import type { EnqueuePoll } from '#services/inventory/tasks.ts';
import { createProcessBook } from '#services/telemetry/process-book.ts';
import { createCountedQueries } from '#services/logs/counted-queries.ts';
import { blindDevices } from '#services/fleet/blind-devices.ts';
import { blindProcesses, blindProfiles, blindSenders } from '#services/fleet/blind-processes.ts';
import { createBlindSpots } from '#services/fleet/blind-spots.ts';
import { createFleetOverview } from '#services/fleet/overview.ts';
import { createRecurring, type RecurringJob } from '#services/fleet/recurring.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import type { JobQueues } from '#queue/queue.ts';
import { createDirectory } from '#services/logs/directory.ts';
import { createLogs } from '#services/logs/logs.ts';
import { createReports } from '#services/reporting/reports.ts';
import { createTelemetry } from '#services/telemetry/queries.ts';
import { createLiveFeed } from '#services/telemetry/stream.ts';
import { createAlertStore } from '#stores/alerts/postgres.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { createCredentialAnswerStore } from '#stores/credentials/postgres-answers.ts';
import { createCredentialSetStore } from '#stores/credentials/postgres-sets.ts';
import { createCredentialStore } from '#stores/devices/credentials.ts';
import { createBlindDeviceStore } from '#stores/devices/blind.ts';
import { createDeviceStore } from '#stores/devices/postgres.ts';
import { createCountedQueryStore } from '#stores/logs/counted-queries.ts';
import { createPackedLogStore } from '#stores/logs/packed/packed.ts';
import { createSenderStore } from '#stores/logs/senders.ts';
import type { MetricStore, MetricUsageStore } from '#stores/metrics/metrics.ts';
import { createPortStore } from '#stores/ports/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createPostgresTasks } from '#stores/tasks/postgres.ts';
import { createPostgresSetupLink, createPostgresTokens } from '#stores/users/postgres-tokens.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createPostgresUsers } from '#stores/users/postgres.ts';
import { createApi } from './server.ts';
import { fakeMetrics } from '#api/testing/metrics.ts';
import { createTestSelf } from '#api/testing/self.ts';
import type { ApiOptions } from './server.ts';

/** A clock that stands still until it is told; sleeps end at once. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function createFakeClock(start = Date.parse('2026-11-23T12:00:00Z')): FakeClock {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now - start,
    sleep: async () => sleep(0),
    advance(ms) {
      now += ms;
    },
  };
}

/** Collectors that answer as they are told. */
export function fakeCollectors(check: (name: string, port: unknown) => CheckResult[]): CollectorModule[] {
  const opened = (name: string): OpenCollector<unknown> => ({
    poll: () => Promise.reject(new Error('not used here')),
    check: async (_target, settings) => check(name, (settings as { port?: number }).port),
    forget() {},
    metrics: () => ({}),
    async close() {},
  });
  return [
    {
      name: 'icmp',
      title: 'Ping',
      defaultIntervalSeconds: 30,
      settings: z.object({ count: z.number().int().min(1).max(20).default(3) }).strict(),
      credentialKinds: [],
      open: async () => opened('icmp'),
    },
    {
      name: 'snmp',
      title: 'SNMP',
      defaultIntervalSeconds: 60,
      settings: z.object({ port: z.number().int().min(1).max(65_535).default(161) }).strict(),
      credentialKinds: ['snmp-v1', 'snmp-v2c', 'snmp-v3'],
      open: async () => opened('snmp'),
    },
  ];
}

export type TestApi = Awaited<ReturnType<typeof openTestApi>>;

/** A test machine may be slow, which is not what is tested. */
const TEST_OPTIONS = { version: 'test', trustedProxies: [], requestsPerMinute: 1e6, eventLoopDelayMaxMs: 0 };

/** The whole API over a real database of its own, with fake collectors and a fake metric store. */
export async function openTestApi(
  more: {
    options?: Partial<ApiOptions>;
    clock?: FakeClock;
    log?: Log;
    /** A real store behind queries. */
    samples?: (pg: Postgres) => MetricStore & MetricUsageStore;
  } = {},
) {
  const database = await openTestDatabase();
  const { pg } = database;
  const dataDir = await mkdtemp(join(tmpdir(), 'sotp-api-'));
  const log = more.log ?? silentLog;
  const clock = more.clock ?? createFakeClock(Date.now());
  const bus = createPostgresBus({ pg, log });
  const secrets = createLocalSecretStore({ pg, keyFile: join(dataDir, 'secret.key') });
  await secrets.open();
  const metrics = fakeMetrics();
  const polls: Parameters<EnqueuePoll>[0][] = [];
  const checks: { answer: (name: string, port: unknown) => CheckResult[] } = { answer: () => [] };
  const stores = {
    secrets,
    metrics,
    users: createPostgresUsers(pg),
    tokens: createPostgresTokens(pg),
    links: createPostgresSetupLink(pg),
    audit: createPostgresAudit(pg),
    devices: createDeviceStore(pg),
    credentials: createCredentialStore(pg),
    sets: createCredentialSetStore(pg),
    answers: createCredentialAnswerStore(pg),
    ports: createPortStore(pg),
    tasks: createPostgresTasks(pg),
  };
  const access = createAccess({ stores, cache: createPostgresCache(pg), bus, clock });
  const inventory = createInventory({
    stores,
    catalog: fakeCollectors((name, port) => checks.answer(name, port)),
    audit: access.audit,
    bus,
    enqueuePoll: async (poll) => void polls.push(poll),
    platform: { log, clock },
  });
  const senders = createSenderStore(pg);
  const directory = createDirectory({ senders, bus, clock: systemClock, log });
  const lines = createPackedLogStore({ pg });
  const logs = createLogs({ store: lines, senders, directory, bus, clock });
  const countedQueries = createCountedQueries({
    store: createCountedQueryStore(pg),
    world: directory,
    audit: access.audit,
    bus,
  });
  const live = createLiveFeed({ bus, devices: inventory.devices, tasks: inventory.tasks, logs, log });
  const processes = createProcessBook({ bus, clock });
  const work: RecurringJob[] = [];
  const recurring = createRecurring({
    jobs: work,
    tasks: stores.tasks,
    leads: () => true,
    bus,
    clock,
    log,
    worker: 'here/hub',
  });
  const leases = createPostgresLeases(pg);
  const queues = { depth: async () => ({ waiting: 1, running: 0, failed: 0 }) } as Partial<JobQueues> as JobQueues;
  const fleet = createFleetOverview({ leases, queues, book: processes, recurring, bus });
  const blindSpots = createBlindSpots({
    sources: [
      blindDevices(createBlindDeviceStore(pg)),
      blindProcesses(processes),
      blindSenders(logs),
      blindProfiles(inventory.profiles),
    ],
    clock,
  });
  const samples = more.samples?.(pg) ?? metrics;
  const reports = createReports({
    devices: stores.devices,
    metrics: samples,
    alerts: createAlertStore(pg),
    blindSpots,
    clock,
  });
  const alerting = createTestAlerting({ pg, secrets, platform: { audit: access.audit, bus, clock, log } });
  const problems: string[] = [];
  const app: FastifyInstance = await createApi({
    options: { ...TEST_OPTIONS, ...more.options },
    access,
    inventory,
    telemetry: createTelemetry({ metrics: samples, devices: stores.devices, clock }),
    logs,
    countedQueries,
    fleet,
    blindSpots,
    reports,
    alerting,
    live,
    self: createTestSelf(processes, clock, problems),
    log,
  });
  await app.ready();
  await directory.start();
  await live.start();
  await processes.start();

  /** A token with that role and scope, of a user of its own. */
  async function tokenFor(role: RoleName, scope: Scope | null = null): Promise<string> {
    const username = `${role}-${Math.random().toString(36).slice(2, 10)}`;
    const user = await access.users.create(systemActor, { username, role, scope });
    const actor = { ...systemActor, userId: Number(user.id), role, scope };
    return (await access.tokens.create(actor, { name: 'test', role })).token;
  }

  /** One request below /api/v1; answers the status and the parsed body. */
  async function call(method: string, path: string, options: { token?: string; body?: unknown } & InjectOptions = {}) {
    const { token, body, headers, ...rest } = options;
    const response = await app.inject({
      method: method as 'GET',
      url: `/api/v1${path}`,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
      ...rest,
    });
    const text = response.body;
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  return {
    app,
    access,
    inventory,
    stores,
    metrics,
    polls,
    leases,
    work,
    checks,
    problems,
    alerting,
    processes,
    clock,
    bus,
    lines,
    directory,
    senders,
    pg,
    databaseUrl: database.databaseUrl,
    call,
    tokenFor,
    async close() {
      await app.close();
      await live.stop();
      await directory.stop();
      await processes.stop();
      await inventory.openCollectors.stop();
      await bus.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
