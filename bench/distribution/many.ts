// Very many simulated devices on one SOTP: what the bench of scale starts, imports, waits for and counts.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device, ImportResult } from '@sotp/contract/devices.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { addressAfter } from '@sotp/simulator/addresses.ts';
import { withDatabase } from '../../server/src/app/database.ts';
import { loadConfig } from '../../server/src/app/config/load.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { forEachLimited } from '../../server/src/platform/concurrency.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import type { Call } from './sotp.ts';
import type { Asked } from './user.ts';

export interface Fleet {
  readonly devices: number;
  readonly ports: number;
  readonly intervalMs: number;
  readonly first: string;
  readonly udpPort: number;
}

const IMPORTED_AT_ONCE = 5_000;
const USER = fileURLToPath(new URL('user.ts', import.meta.url));
const FLEET = fileURLToPath(new URL('../snmp/fleet.ts', import.meta.url));

/** Starts the switches in a process of their own, whose cost is counted apart. */
export async function startFleet({ devices, ports, first, udpPort }: Fleet): Promise<{ pid: number; stop(): void }> {
  const args = [FLEET, String(devices), String(ports), first, String(udpPort)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => void child.kill('SIGTERM');
  process.on('exit', stop);
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the simulated switches ended with ${code}`)));
  });
  return { pid: child.pid ?? 0, stop };
}

/** Imports the devices that are not there yet; answers the seconds that it took. */
export async function importAll(call: Call, { devices, intervalMs, first, udpPort }: Fleet): Promise<number> {
  const { total } = await call<{ total: number }>('GET', '/devices/summary');
  if (total >= devices) return 0;
  const secret = { community: 'public' };
  const name = `after ${total}`;
  const { id } = await call<{ id: string }>('POST', '/credentials', { name, kind: 'snmp-v2c', secret });
  const snmp = { name: 'snmp', intervalSeconds: intervalMs / 1_000, settings: { port: udpPort } };
  const startedAt = performance.now();
  for (let from = total; from < devices; from += IMPORTED_AT_ONCE) {
    const rows = Array.from({ length: Math.min(IMPORTED_AT_ONCE, devices - from) }, (_, i) => ({
      address: addressAfter(first, from + i),
      credentials: [id],
      collectors: [snmp],
    }));
    const { created, errors } = await call<ImportResult>('POST', '/devices/import', rows);
    if (created !== rows.length) throw new Error(`devices were not imported: ${JSON.stringify(errors[0])}`);
  }
  return (performance.now() - startedAt) / 1_000;
}

/** Devices whose last poll since `from` had nothing to say but values: those that are read as a whole already. */
export async function knownDevices(call: Call, from: number): Promise<number> {
  let count = 0;
  for (let cursor = ''; ;) {
    const page = await call<Page<Device>>('GET', `/devices?limit=1000${cursor}`);
    count += page.items.filter(({ collectors }) =>
      collectors.every(({ up, error, lastRunAt }) => up && error === null && Date.parse(lastRunAt ?? '') >= from),
    ).length;
    if (page.nextCursor === null) return count;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** Changes how often all devices are polled, eight at once. */
export async function changeIntervals(call: Call, intervalSeconds: number): Promise<void> {
  const devices: Device[] = [];
  for (let cursor = ''; ;) {
    const page = await call<Page<Device>>('GET', `/devices?limit=1000${cursor}`);
    devices.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  await forEachLimited(devices, 8, async ({ id, collectors }) => {
    const changed = collectors.map(({ name, settings }) => ({ name, intervalSeconds, settings }));
    await call('PATCH', `/devices/${id}`, { collectors: changed });
  });
}

/** Uses the API as a person with the pages open, some eight requests a second; `end` answers all that was asked. */
export async function useApi(address: string): Promise<{ end(): Promise<readonly Asked[]> }> {
  const child = fork(USER, [address]);
  process.on('exit', () => void child.kill());
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  child.once('exit', (code) => ended.reject(new Error(`who uses the API ended with ${code}`)));
  const told = async () => Promise.race([once(child, 'message'), ended.promise]);
  await told();
  return {
    async end() {
      const telling = told();
      child.send('stop');
      const [asked] = (await telling) as [readonly Asked[]];
      return asked;
    },
  };
}

/** Polls stored with an instant of this time. */
export async function storedPolls(dataDir: string, url: string | undefined, from: number, to: number): Promise<number> {
  const config = loadConfig({ dataDir, databaseUrl: url });
  return withDatabase(config, async (databaseUrl) => {
    const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1 });
    const { rows } = await pg.query<{ n: number }>(
      `select count(*)::int as n from (select distinct device_id, at from metric_head where device_id > 0 and at >= $1 and at < $2) as t`,
      [new Date(from), new Date(to)],
    );
    await pg.stop();
    return rows[0]?.n ?? 0;
  });
}

/** Megabytes on disk by what lies directly below: `base` of PostgreSQL are the tables, `pg_wal` is bounded. */
export function diskMb(dataDir: string): Record<string, number> {
  const all: Record<string, number> = {};
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const [top = '', below = ''] = path.slice(dataDir.length + 1).split('/');
    const key = top === 'postgres' ? `postgres/${below}` : top;
    all[key] = (all[key] ?? 0) + (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1e6;
  }
  return Object.fromEntries(Object.entries(all).flatMap(([key, mb]) => (mb < 1 ? [] : [[key, Math.round(mb)]])));
}
