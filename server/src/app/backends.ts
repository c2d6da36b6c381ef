import { join } from 'node:path';
import type { Config } from '#app/config/load.ts';
import { observed } from '#app/observed.ts';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { createRedisBus } from '#bus/redis/redis.ts';
import { createPostgresCache } from '#cache/postgres/postgres.ts';
import { createRedisCache } from '#cache/redis/redis.ts';
import { systemClock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { createMeter } from '#platform/meter.ts';
import type { Meter } from '#platform/meter.ts';
import { noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import { createBullmqQueues } from '#queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '#queue/bullmq/postgres.ts';
import { createRedisDriver } from '#queue/bullmq/redis.ts';
import { createAlertStore } from '#stores/alerts/postgres.ts';
import { createChannelStore } from '#stores/alerts/postgres-channels.ts';
import { createOutbox } from '#stores/alerts/postgres-outbox.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { createCanaryReader } from '#stores/canary/postgres.ts';
import { createCredentialAnswerStore } from '#stores/credentials/postgres-answers.ts';
import { createCredentialSetStore } from '#stores/credentials/postgres-sets.ts';
import { createCredentialStore } from '#stores/devices/credentials.ts';
import { createBlindDeviceStore } from '#stores/devices/blind.ts';
import { createDeviceStore } from '#stores/devices/postgres.ts';
import { createPostgresLeaderLock } from '#stores/leases/postgres-leader.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import { createCountedQueryStore } from '#stores/logs/counted-queries.ts';
import type { LogRetention } from '#stores/logs/logs.ts';
import { createLokiLogStore } from '#stores/logs/loki/loki.ts';
import { createPackedLogStore } from '#stores/logs/packed/packed.ts';
import { createSenderStore } from '#stores/logs/senders.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import type { Retention } from '#stores/metrics/packed/packed.ts';
import { createPortStore } from '#stores/ports/postgres.ts';
import { createTimescaleMetricStore } from '#stores/metrics/timescale/timescale.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createRedis } from '#stores/redis/redis.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createSettingsStore } from '#stores/settings/postgres.ts';
import { createPostgresTasks } from '#stores/tasks/postgres.ts';
import { createPostgresSetupLink, createPostgresTokens } from '#stores/users/postgres-tokens.ts';
import { createPostgresUsers } from '#stores/users/postgres.ts';

export interface BackendOptions {
  readonly databaseUrl: string;
  /** Holds queue, cache and bus; PostgreSQL does when it is left out. */
  readonly redisUrl?: string | undefined;
  /** Holds the key file of the secrets. */
  readonly dataDir: string;
  /** The content of the key file, when it is given instead. */
  readonly secretKey?: string | undefined;
  /** Whether a missing key may be made here. */
  readonly mayCreateKey: boolean;
  /** What the supervisor chose; `auto` is never seen here. */
  readonly metrics: Config['metrics'];
  readonly log: Log;
  /** Takes what is measured of the stores and of the pool of connections. */
  readonly meter?: Meter;
  readonly tracing?: Tracing;
  /** Seen in pg_stat_activity: `sotp hub`. */
  readonly applicationName: string;
  readonly maxConnections: number;
  /** Queues that this process may work at once. */
  readonly maxWorkers: number;
  /** Days for which samples and their roll-ups are kept; only who does the housekeeping needs it. */
  readonly metricRetention?: Retention;
  /** Where lines are kept. */
  readonly logs: Pick<Config, 'logs' | 'loki'>;
  /** Names the process that receives lines: `host/1`. */
  readonly logWriter?: string;
  /** Days for which lines are kept, where we do that; as above. */
  readonly logRetention?: LogRetention;
}

/** What carries work and news between processes: Redis where there is one, else the database. */
function createCarriers({ databaseUrl, redisUrl, log, applicationName, maxWorkers }: BackendOptions, pg: Postgres) {
  if (redisUrl === undefined) {
    return {
      bus: createPostgresBus({ pg, log }),
      cache: createPostgresCache(pg),
      queues: createBullmqQueues({ driver: createPostgresDriver({ databaseUrl, log, maxWorkers }), log }),
      close: async () => undefined,
    };
  }
  const redis = createRedis({ url: redisUrl, log, name: applicationName });
  return {
    bus: createRedisBus({ redis, log }),
    cache: createRedisCache(redis),
    queues: createBullmqQueues({ driver: createRedisDriver(redis), log }),
    close: () => redis.close(),
  };
}

function chooseLogStore(pg: Postgres, { logs, logWriter, logRetention, log }: BackendOptions) {
  if (logs.logs === 'loki' && logs.loki.url !== undefined) {
    const loki = { ...logs.loki, url: logs.loki.url };
    return createLokiLogStore({ loki, clock: systemClock, log, ...(logWriter ? { writer: logWriter } : {}) });
  }
  return createPackedLogStore({ pg, ...(logRetention ? { retention: logRetention } : {}) });
}

export type Backends = ReturnType<typeof createBackends>;

/** The place where back ends are chosen: everything that keeps or carries state. Opens nothing. */
export function createBackends(options: BackendOptions) {
  const { databaseUrl, log, applicationName, maxConnections } = options;
  const { meter = createMeter(), tracing = noTracing } = options;
  const waits = meter.histogram('database_pool_wait_seconds');
  const pg = createPostgres({ databaseUrl, log, applicationName, maxConnections, waited: waits.observe });
  // A connection that does not answer soon is thrown away and made anew: after a cut it would go on hanging for long.
  const beats = createPostgres({
    databaseUrl,
    log,
    applicationName: `${applicationName} leases`,
    maxConnections: 2,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 3_000,
    answerTimeoutMs: 3_000,
  });
  const carriers = createCarriers(options, pg);
  const { bus, cache, queues } = carriers;
  const secrets = createLocalSecretStore({
    pg,
    keyFile: join(options.dataDir, 'secret.key'),
    key: options.secretKey,
    mayCreate: options.mayCreateKey,
  });
  const createMetricStore = options.metrics === 'timescale' ? createTimescaleMetricStore : createPackedMetricStore;
  const metrics = observed(
    createMetricStore({
      pg,
      clock: systemClock,
      log,
      ...(options.metricRetention ? { retention: options.metricRetention } : {}),
    }),
    { name: 'metrics', operations: ['write', 'series', 'range', 'latest', 'relabel', 'maintain'], meter, tracing },
  );
  const logs = observed(chooseLogStore(pg, options), {
    name: 'logs',
    operations: ['write', 'search', 'histogram', 'maintain'],
    meter,
    tracing,
  });
  const devices = observed(createDeviceStore(pg), {
    name: 'devices',
    operations: ['get', 'list', 'summary', 'inventory', 'schedule', 'writeState', 'writeFacts'],
    meter,
    tracing,
  });
  const leader = createPostgresLeaderLock(pg);
  const component: Component = {
    name: 'back ends',
    async start() {
      await pg.start();
      await secrets.open();
    },
    async stop() {
      await Promise.allSettled([queues.close(), leader.close(), bus.flush().then(() => bus.close())]);
      await carriers.close();
      await Promise.all([beats.stop(), pg.stop()]);
    },
  };
  return {
    component,
    /** What the back ends count of themselves in this process. */
    counters(): Record<string, number> {
      const { total, idle, waiting } = pg.poolState();
      return {
        'database_connections{state="idle"}': idle,
        'database_connections{state="busy"}': total - idle,
        database_pool_waiting: waiting,
        'bus_dropped_total{reason="unsent"}': bus.dropped(),
      };
    },
    pg,
    bus,
    queues,
    cache,
    leader,
    leases: createPostgresLeases(pg, beats),
    stores: {
      metrics,
      logs,
      senders: createSenderStore(pg),
      countedQueries: createCountedQueryStore(pg),
      secrets,
      devices,
      blindDevices: createBlindDeviceStore(pg),
      credentials: createCredentialStore(pg),
      sets: createCredentialSetStore(pg),
      answers: createCredentialAnswerStore(pg),
      ports: createPortStore(pg),
      users: createPostgresUsers(pg),
      tokens: createPostgresTokens(pg),
      links: createPostgresSetupLink(pg),
      audit: createPostgresAudit(pg),
      alerts: createAlertStore(pg),
      channels: createChannelStore(pg),
      outbox: createOutbox(pg),
      canary: createCanaryReader(pg),
      tasks: createPostgresTasks(pg),
      settings: createSettingsStore(pg),
    },
  };
}
