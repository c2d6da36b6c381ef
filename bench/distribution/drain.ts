// SIGTERM under load, again and again on one data directory: not ready at once, exit status 0 within ten seconds, nothing
// left running, nothing lost, and no recovery when the database starts again.
// node bench/distribution/drain.ts [times=10]; prints one line of JSON and exits 1 below the bar.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '@sotp/contract/devices.ts';
import { loadConfig } from '../../server/src/app/config/load.ts';
import { withDatabase } from '../../server/src/app/database.ts';
import { childrenOf, processes, statusOf } from '../../server/src/app/testing/run-sotp.ts';
import { phaseOf } from '../../server/src/domain/partition.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { quantile, signIn, startMachine } from './sotp.ts';
import type { Call } from './sotp.ts';
import { watchDevices } from './watched.ts';

const times = Number(process.argv[2] ?? 10);
const DEVICES = 100;
const INTERVAL_MS = 1_000;
const LOAD_MS = 6_000;
/** A poll that began this long before the signal is over when it comes. */
const SETTLED_MS = 1_500;

const root = mkdtempSync(join(tmpdir(), 'sotp-bench-drain-'));
const watched = await watchDevices(DEVICES, 28_162, '127.28');
const ids: number[] = [];

async function addDevices(call: Call): Promise<void> {
  const secret = { community: 'public' };
  const { id } = await call<{ id: string }>('POST', '/credentials', { name: 'a', kind: 'snmp-v2c', secret });
  const collectors = [{ name: 'snmp', intervalSeconds: INTERVAL_MS / 1_000, settings: { port: watched.port } }];
  for (const { address } of watched.devices) {
    ids.push(Number((await call<Device>('POST', '/devices', { address, credentials: [id], collectors })).id));
  }
}

/** Requests without a pause, until the hub is gone. */
async function hammer(call: Call): Promise<void> {
  for (;;) await call('GET', '/devices?limit=100');
}

/** What `/readyz` says from now on, until nobody answers. */
async function readiness(address: string): Promise<number[]> {
  const seen: number[] = [];
  for (let status = await statusOf(`${address}/readyz`); status !== 0; status = await statusOf(`${address}/readyz`)) {
    seen.push(status);
    await sleep(20);
  }
  return seen;
}

/**
 * Slots in which a poll was answered well before the signal. Reading a device as a whole goes on in the slots behind its
 * poll, also in those whose own poll was too late to be made: it does not count.
 */
const asked = new Set<string>();
const took: number[] = [];
let failed = 0;
let orphans = 0;
let readyAfter = 0;
let recoveries = 0;
let dataDir = '';
for (let i = 0; i < times; i++) {
  const sotp = startMachine({ name: 'one', root, args: ['--port', '28082', '--collectors', '2'] });
  dataDir = sotp.dataDir;
  const address = await sotp.ready;
  const call = await signIn(address);
  if (i === 0) await addDevices(call);
  await sleep(3_000);
  const from = Date.now();
  hammer(call).catch(() => undefined);
  await sleep(LOAD_MS);
  const pids = new Set(childrenOf(sotp.pid).map(({ pid }) => pid));
  const at = performance.now();
  const signalled = Date.now();
  sotp.kill('SIGTERM');
  const seen = await readiness(address);
  const { status } = await sotp.ended;
  took.push(performance.now() - at);
  if (status !== 0) failed++;
  // The signal may reach the hub a moment after the first question.
  if (seen.slice(2).includes(200)) readyAfter++;
  orphans += processes().filter(({ pid }) => pids.has(pid)).length;
  for (const [k, device] of watched.devices.entries()) {
    const phase = phaseOf(ids[k]!, 'snmp', INTERVAL_MS);
    for (const { at: instant, poll } of device.asked) {
      if (!poll || instant < from || instant > signalled - SETTLED_MS) continue;
      asked.add(`${ids[k]} ${Math.floor((instant - phase + 100) / INTERVAL_MS) * INTERVAL_MS + phase}`);
    }
    device.asked.length = 0;
  }
}
const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
recoveries = [...log.matchAll(/not properly shut down|redo starts/g)].length;

const stored = await withDatabase(loadConfig({ dataDir }), async (databaseUrl) => {
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1 });
  const { rows } = await pg.query<{ id: number; at: number }>(
    `select distinct device_id as id, round(extract(epoch from at) * 1000)::float8 as at from metric_head`,
  );
  await pg.stop();
  return new Set(rows.map(({ id, at }) => `${id} ${at}`));
});
const lost = [...asked].filter((slot) => !stored.has(slot)).length;
watched.stop();
const report = {
  bench: 'drain',
  times,
  devices: DEVICES,
  pollsPerSecond: (DEVICES * 1_000) / INTERVAL_MS,
  stopMs: { p50: Math.round(quantile(took, 0.5)), max: Math.round(Math.max(...took)) },
  exitsOtherThan0: failed,
  readyAfterSignal: readyAfter,
  orphans,
  recoveries,
  slots: asked.size,
  lost,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
const good = failed + readyAfter + orphans + recoveries + lost === 0 && report.stopMs.max <= 10_000;
if (good) rmSync(root, { recursive: true, force: true });
else process.stderr.write(`below the bar; logs are in ${root}\n`);
process.exit(good ? 0 : 1);
