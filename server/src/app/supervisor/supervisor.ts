import { chooseMetricBackend } from '#app/metric-backend.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, RoleConfig } from '#app/config/load.ts';
import type { EmbeddedPostgres } from '#app/embedded-postgres/embedded-postgres.ts';
import { createEmbeddedPostgres } from '#app/embedded-postgres/embedded-postgres.ts';
import { agreeOnPartitions, migrateDatabase } from '#app/database.ts';
import { readTls } from '#app/roles/listening.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { checkPort, prepareDataDir } from './checks.ts';
import type { DataDirLock } from './lock.ts';
import { lockDataDir } from './lock.ts';
import { createSupervisorFigures } from './figures.ts';
import type { RoleName, RoleReady } from './messages.ts';
import type { RoleProcess } from './role-process.ts';
import { createRoleProcess } from './role-process.ts';

export interface SupervisorOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** Says what is being done, for a person who waits. */
  readonly say: (line: string) => void;
}

/** What the last line of a start tells. */
export interface Started {
  readonly address?: string;
  readonly setupLink?: string;
}

export interface Supervisor {
  start(): Promise<Started>;
  /** Stops everything in order within ten seconds: readiness, work, processes, database. */
  stop(): Promise<void>;
  /** The time is up: what still runs is told to end by itself, and nobody waits for it. */
  letGo(): void;
}

const DRAIN_MS = 1_000;
const WORK_STOP_MS = 3_500;
const HUB_STOP_MS = 2_000;
const DATABASE_RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000];

function plannedRoles(config: Config): { role: RoleName; index: number }[] {
  const roles: { role: RoleName; index: number }[] = [];
  if (config.demo > 0) roles.push({ role: 'simulator', index: 1 });
  if (config.roles.includes('hub')) roles.push({ role: 'hub', index: 1 });
  if (config.roles.includes('collector')) {
    for (let index = 1; index <= config.collectors; index++) roles.push({ role: 'collector', index });
  }
  return roles;
}

/** The process that starts all others, keeps them alive and stops them. It serves nobody itself. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log, clock } = options;
  let lock: DataDirLock | undefined;
  let database: EmbeddedPostgres | undefined;
  let processes: RoleProcess[] = [];
  let stopped: Promise<void> | undefined;
  let databaseRestarts = 0;
  const figures = createSupervisorFigures({
    processes: () => processes,
    databaseRestarts: () => (database ? databaseRestarts : undefined),
  });

  function reviveDatabase(attempt: number): void {
    const delay = DATABASE_RETRY_MS[Math.min(attempt, DATABASE_RETRY_MS.length - 1)] ?? 10_000;
    setTimeout(() => {
      if (stopped) return;
      databaseRestarts++;
      database?.start().then(
        () => stopped ?? log.info('the database runs again'),
        (error: unknown) => {
          log.error({ err: toAppError(error).message }, 'the database does not start again yet');
          reviveDatabase(attempt + 1);
        },
      );
    }, delay);
  }

  async function startDatabase(config: Config): Promise<string> {
    if (config.databaseUrl !== undefined) return config.databaseUrl;
    if (!existsSync(join(config.dataDir, 'postgres', 'PG_VERSION'))) options.say('Creating the database');
    database = createEmbeddedPostgres({
      dataDir: config.dataDir,
      connections: 60 + 20 * config.collectors,
      log,
      clock,
      onExit(reason) {
        log.error({ reason }, 'the database ended and is started again');
        reviveDatabase(0);
      },
    });
    await database.start();
    return database.url();
  }

  async function startOne(process: RoleProcess): Promise<RoleReady> {
    try {
      return await process.start();
    } catch (error) {
      // Without its demo devices SOTP is still SOTP.
      if (process.state().role !== 'simulator') throw error;
      log.warn({ reason: toAppError(error).message }, 'the simulated devices do not run');
      return {};
    }
  }

  async function startRoles(config: RoleConfig, databaseUrl: string): Promise<Started> {
    processes = plannedRoles(config).map(({ role, index }) =>
      createRoleProcess({ start: { role, index, config, databaseUrl }, log, clock, onChange: figures.tell }),
    );
    const answers = await Promise.all(processes.map(startOne));
    figures.start();
    figures.tell();
    const agents = answers.flatMap((answer) => answer.agents ?? []);
    for (const process of processes) if (agents.length > 0) process.send({ kind: 'agents', agents });
    const hub = answers.find((answer) => answer.address !== undefined);
    return { address: hub?.address, setupLink: hub?.setupLink };
  }

  /** A stop that comes during the start has nothing to stop yet of what would come next. */
  function refuseWhenStopped(): void {
    if (stopped) throw new AppError('shutting_down', 'stopped while it was starting');
  }

  async function stopAll(): Promise<void> {
    figures.stop();
    // A service manager may tell all processes at once: those that end by themselves stay down.
    for (const process of processes) process.retire();
    const hubs = processes.filter((process) => process.state().role === 'hub');
    const others = processes.filter((process) => process.state().role !== 'hub');
    await Promise.all(hubs.map((hub) => hub.drain(DRAIN_MS)));
    await Promise.all(others.map((process) => process.stop(WORK_STOP_MS)));
    await Promise.all(hubs.map((hub) => hub.stop(HUB_STOP_MS)));
    await database?.stop();
    lock?.release();
  }

  return {
    async start() {
      if (!options.config.roles.includes('hub') && options.config.databaseUrl === undefined) {
        throw new AppError(
          'config_invalid',
          'databaseUrl: a machine that only collects works in the database of a hub: set SOTP_DATABASE_URL',
        );
      }
      const dataDir = prepareDataDir(options.config.dataDir);
      const config = { ...options.config, dataDir };
      lock = lockDataDir(dataDir);
      if (config.roles.includes('hub')) {
        readTls(config.tls);
        await checkPort(config.host, config.port);
      }
      const databaseUrl = await startDatabase(config);
      refuseWhenStopped();
      await migrateDatabase(databaseUrl, log);
      refuseWhenStopped();
      const metrics = await chooseMetricBackend(databaseUrl, config.metrics, log);
      refuseWhenStopped();
      const partitions = await agreeOnPartitions(databaseUrl, config);
      refuseWhenStopped();
      return startRoles({ ...config, metrics, partitions }, databaseUrl);
    },
    stop: () => (stopped ??= stopAll()),
    // Roles end when our end of their pipe closes.
    letGo: () => database?.letGo(),
  };
}
