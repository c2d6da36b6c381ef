// The entry of every role process. What it is to do comes from the supervisor over the pipe; when that pipe closes,
// the supervisor is gone and the process ends too.
import { flushCompileCache } from 'node:module';
import type { FromRole, RoleStart, ToRole } from '#app/supervisor/messages.ts';
import { version } from '#app/version.ts';
import { systemClock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import { tidyHeap } from '#platform/heap.ts';
import type { Log } from '#platform/log.ts';
import { createLog, silentLog } from '#platform/log.ts';
import { noTracing } from '#platform/tracing.ts';
import type { OtlpTracing } from '#app/tracing/otlp.ts';
import type { Role, RoleFactory } from './role-context.ts';

const GRACE_MS = 5_000;
const TIDY_AFTER_MS = 8_000;

/** Roles are loaded only where they run: a collector need not hold the hub's code in memory. */
const FACTORIES: Record<string, () => Promise<RoleFactory>> = {
  hub: async () => (await import('./hub.ts')).createHub,
  collector: async () => (await import('./collector.ts')).createCollector,
  simulator: async () => (await import('./simulator.ts')).createSimulator,
};

let role: Role | undefined;
let tracing: OtlpTracing | undefined;
let log: Log = silentLog;
let ending = false;

function tell(message: FromRole): Promise<void> {
  return new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, () => resolve());
    else resolve();
  });
}

async function end(status: number): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  try {
    await role?.stop();
    await tracing?.stop();
  } catch (error) {
    log.error({ err: error }, 'stopping failed');
    process.exit(1);
  }
  process.exit(status);
}

/** Loaded only when somebody collects traces: off, it costs nothing. */
async function startTracing({ role: name, index, config }: RoleStart, to: Log): Promise<OtlpTracing | undefined> {
  const { endpoint, ratio, headers: pairs } = config.telemetry.otlp;
  if (endpoint === undefined || name === 'simulator') return undefined;
  const headers = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2)));
  const { createOtlpTracing } = await import('#app/tracing/otlp.ts');
  const instance = `${config.machine}/${name === 'hub' ? process.pid : index}`;
  return createOtlpTracing({ endpoint, headers, ratio, role: name, instance, version, clock: systemClock, log: to });
}

async function begin(start: NonNullable<ToRole['start']>): Promise<void> {
  process.title = `sotp ${start.role}`;
  const { logLevel, logFormat } = start.config;
  log = createLog({ level: logLevel, format: logFormat, role: start.role });
  try {
    const create = await FACTORIES[start.role]?.();
    if (!create) throw new Error(`no role ${start.role}`);
    tracing = await startTracing(start, log);
    role = create({ ...start, log, clock: systemClock, tracing: tracing ?? noTracing });
    await tell({ kind: 'ready', ...(await role.start()) });
    flushCompileCache();
    setTimeout(tidyHeap, TIDY_AFTER_MS).unref();
  } catch (error) {
    const { code, message } = toAppError(error);
    log.debug({ err: error }, 'start failed');
    await tell({ kind: 'failed', code, message });
    await end(1);
  }
}

process.title = `sotp ${process.argv[2]}`;
process.on('message', (message: ToRole) => {
  if (message.kind === 'start' && message.start) void begin(message.start);
  else if (message.kind === 'stop') void end(0);
  else if (message.kind === 'supervisor') role?.supervisor?.(message.counters ?? {});
  else if (message.kind === 'agents') role?.agents?.(message.agents ?? []);
  else if (message.kind === 'drain') void Promise.resolve(role?.drain?.()).then(() => tell({ kind: 'drained' }));
});
process.on('disconnect', () => void end(0));
process.on('SIGTERM', () => void end(0));
// Ctrl-C reaches the whole terminal group; the supervisor decides the order in which all stop.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'unexpected error; the process starts anew');
  void end(1);
});
