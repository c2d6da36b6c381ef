import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '#app/config/load.ts';
import { runningDatabaseUrl } from '#app/embedded-postgres/embedded-postgres.ts';
import { findPostgresBinaries } from '#app/embedded-postgres/binaries.ts';
import { checkPort, prepareDataDir } from '#app/supervisor/checks.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { icmpRight } from './icmp-right.ts';
import { redisFinding } from './redis.ts';

/** One thing that was looked at: how it is, and how to mend it when it is not well. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
}

async function finding(check: string, look: () => Promise<string> | string): Promise<Finding> {
  try {
    return { check, ok: true, message: await look() };
  } catch (error) {
    return { check, ok: false, message: toAppError(error).message };
  }
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function database(config: Config): Promise<string> {
  const url = config.databaseUrl ?? runningDatabaseUrl(resolve(config.dataDir));
  if (url === undefined) {
    findPostgresBinaries();
    return 'embedded PostgreSQL is installed and does not run now';
  }
  const pg = createPostgres({ databaseUrl: url, log: silentLog, maxConnections: 1, applicationName: 'sotp doctor' });
  await pg.start();
  try {
    const { rows } = await pg.query<{ version: string; drift: number }>(
      "select current_setting('server_version') as version, extract(epoch from clock_timestamp())::float8 * 1000 as drift",
    );
    const drift = Math.round(Math.abs((rows[0]?.drift ?? 0) - Date.now()));
    return `PostgreSQL ${rows[0]?.version} answers; its clock differs by ${drift} ms`;
  } finally {
    await pg.stop();
  }
}

async function isSotp({ host, port: number, tls, dataDir }: Config): Promise<boolean> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  if (tls.cert !== undefined) return runningDatabaseUrl(resolve(dataDir)) !== undefined;
  try {
    const answer = await fetch(`http://${name}:${number}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).includes('"status":"ok"');
  } catch {
    return false;
  }
}

async function port(config: Config): Promise<string> {
  try {
    await checkPort(config.host, config.port);
    return `${config.port} on ${config.host} is free`;
  } catch (error) {
    if (await isSotp(config)) return `SOTP itself listens on ${config.port}`;
    throw error;
  }
}

function disk(path: string): string {
  const dataDir = resolve(path);
  if (existsSync(dataDir)) prepareDataDir(dataDir);
  let folder = dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new AppError('data_dir_unwritable', `${folder} cannot be written: use --data-dir, or mend its owner`, {
      cause,
    });
  }
  const { bavail, bsize } = statfsSync(folder);
  const gib = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  return `${dataDir} ${folder === dataDir ? 'is writable' : 'can be made'}, ${gib} GiB free`;
}

function clock(): string {
  const now = new Date();
  if (now.getUTCFullYear() < 2025)
    throw new Error(`the clock says ${now.toISOString()}: set it, or install an NTP client`);
  return `${now.toISOString()} (UTC)`;
}

function receiveBuffer(): string {
  const limit = Number(text('/proc/sys/net/core/rmem_max') ?? 0);
  if (limit === 0) return 'the system does not tell its limit';
  const kib = Math.round(limit / 1024);
  return limit >= 1_000_000
    ? `${kib} KiB`
    : `${kib} KiB, enough for some hundred devices; for thousands run "sudo sysctl -w net.core.rmem_max=4194304"`;
}

const TO_162 =
  'devices send to 162: run "sudo iptables -t nat -A PREROUTING -p udp --dport 162 -j REDIRECT --to-ports PORT" (and ip6tables), or set traps.udp to 162 after "sudo setcap cap_net_bind_service=+ep NODE"';

async function notifications(config: Config): Promise<string> {
  const { host, udp } = config.traps;
  if (udp === 0) return 'none are received: traps.udp is 0';
  const hint = udp === 162 ? '' : `; ${TO_162.replace('PORT', String(udp)).replace('NODE', process.execPath)}`;
  const socket = createSocket(isIPv4(host) ? 'udp4' : 'udp6');
  try {
    await new Promise<void>((done, failed) => socket.once('error', failed).bind(udp, host, done));
    return `UDP port ${udp} is free${hint}`;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && (await isSotp(config))) return `SOTP itself listens on UDP port ${udp}${hint}`;
    const why =
      code === 'EACCES'
        ? 'needs a right that SOTP does not have'
        : code === 'EADDRINUSE'
          ? 'is taken by another program (snmptrapd?)'
          : `cannot be opened (${code})`;
    throw new AppError(
      'port_in_use',
      `UDP port ${udp} ${why}${hint === '' ? `; ${TO_162.replace('PORT', '1162').replace('NODE', process.execPath)}` : '; choose another one (traps.udp)'}`,
      { cause },
    );
  } finally {
    socket.close();
  }
}

/** Looks at everything that SOTP needs of its machine. Writes nothing but a probe file in the data directory. */
export async function examine(config: Config): Promise<Finding[]> {
  return Promise.all([
    finding('Node.js', () => `version ${process.versions.node}`),
    finding('port', () => port(config)),
    finding('data directory', () => disk(config.dataDir)),
    finding('database', () => database(config)),
    finding('Redis', () => redisFinding(config.redisUrl)),
    finding('ICMP', icmpRight),
    finding('SNMP notifications', () => notifications(config)),
    finding('UDP receive buffer', receiveBuffer),
    finding('clock', clock),
  ]);
}
