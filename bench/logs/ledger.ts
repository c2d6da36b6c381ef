// Lines through faults, with a ledger: what was taken, what is stored, lost and doubled.
// node bench/logs/ledger.ts [collectorKills] [databaseKills] [linesPerSecond]. Prints one line of JSON; exits 1 when a
// line is lost that was taken more than half a second before its collector was killed, or is stored twice.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../server/src/platform/log.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { createFaultyPostgres } from '../spool/postgres.ts';

const [collectorKills = 20, databaseKills = 3, rate = 2_000] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-ledger-'));
const ledger = path.join(dir, 'ledger');
writeFileSync(ledger, '');
const server = await createFaultyPostgres();
await server.start();
const setup = createPostgres({ databaseUrl: server.url, log: silentLog });
await migrate(setup, silentLog);
await setup.stop();
const env = {
  ...process.env,
  BENCH_URL: server.url,
  BENCH_LEDGER: ledger,
  BENCH_SPOOL: path.join(dir, 'spool'),
  BENCH_RATE: String(rate),
};

async function start(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('ledger-producer.ts', import.meta.url)), { env });
  await new Promise((resolve) => child.once('message', resolve));
  return child;
}

async function ask(child: ChildProcess): Promise<Record<string, number>> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Record<string, number>));
    child.send('tell');
  });
}

/** Waits until nothing waits any more; answers the milliseconds. */
async function drained(child: ChildProcess, upTo: number): Promise<number> {
  const from = performance.now();
  for (;;) {
    const { log_spool_backlog_batches: backlog = 0 } = await ask(child);
    if (backlog <= upTo) return Math.round(performance.now() - from);
    if (performance.now() - from > 60_000) return -1;
    await sleep(50);
  }
}

const random = (from: number, to: number) => from + Math.random() * (to - from);
const kills: number[] = [];
const drainMs: number[] = [];
let child = await start();
// Killed while the database is there, while it is away, and at once after it came back.
for (let i = 0; i < Math.max(collectorKills, databaseKills); i++) {
  await sleep(random(50, 1_500));
  const outage = i < databaseKills;
  if (outage) {
    server.kill();
    await sleep(random(1_000, 4_000));
  }
  if (i < collectorKills) {
    kills.push(Date.now());
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  if (outage) await server.start();
  if (i < collectorKills) child = await start();
  if (outage) drainMs.push(await drained(child, 1));
}
await sleep(1_000);
child.send('halt');
await sleep(600);
drainMs.push(await drained(child, 0));
const counters = await ask(child);
child.send('stop');
await new Promise((resolve) => child.once('exit', resolve));

const taken = new Map<number, number>();
for (const line of readFileSync(ledger, 'utf8').split('\n')) {
  const [number, at] = line.split(' ');
  if (at !== undefined) taken.set(Number(number), Number(at));
}
const pg = createPostgres({ databaseUrl: server.url, log: silentLog });
const store = createPackedLogStore({ pg });
const stored = new Map<number, number>();
const whole = { from: 0, to: Date.now() + 60_000, direction: 'forward', limit: 20_000 } as const;
for (let after: { receivedAt: number; number: number } | undefined, more = true; more;) {
  const { lines, next } = await store.search({ filter: { kind: 'all' }, ...whole, after });
  for (const { text } of lines) {
    const number = Number(/n(\d+)$/.exec(text)?.[1]);
    stored.set(number, (stored.get(number) ?? 0) + 1);
  }
  after = next;
  more = next !== undefined;
}
await pg.stop();
const lost = [...taken].filter(([number]) => !stored.has(number));
const age = (at: number) => Math.min(...kills.filter((kill) => kill >= at - 5).map((kill) => kill - at));
const ages = lost.map(([, at]) => age(at));
const earlier = ages.filter((ms) => !(ms <= 500)).length;
const doubled = [...stored.values()].filter((n) => n > 1).length;
const report = {
  bench: 'logs/ledger',
  linesPerSecond: rate,
  collectorKills,
  databaseKills,
  taken: taken.size,
  stored: stored.size,
  lost: lost.length,
  lostEarlierThan500ms: earlier,
  oldestLostMs: Math.max(0, ...ages),
  doubled,
  drainMs,
  lastProcess: { stored: counters['syslog_stored_total'], replayed: counters['log_spool_replayed_batches_total'] },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await server.stop();
rmSync(dir, { recursive: true, force: true });
process.exit(earlier > 0 || doubled > 0 || drainMs.some((ms) => ms < 0) ? 1 : 0);
