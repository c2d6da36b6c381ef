// Faults around the spool, with a ledger: what was accepted, what is stored, what is lost, doubled, and how soon it is
// drained. node bench/spool/run.ts r1|r2|cap|hang|r4 [times] [seconds] [MiB]. Prints one line of JSON; exits 1 below the bar.
//   r1    kill -9 of PostgreSQL `times` times at random moments, started again after 5 s
//   r2    PostgreSQL closed for `seconds`
//   cap   as r2, with a spool of so many MiB, 1 when left out; polls come faster by as much
//   hang  PostgreSQL stopped where it stands for `seconds`: connections open, no answer
//   r4    kill -9 of the writing process `times` times
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../server/src/platform/log.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { createFaultyPostgres } from './postgres.ts';

const [mode = 'r1', timesText = '5', secondsText = '30', mibText = '1'] = process.argv.slice(2);
const times = Number(timesText);
const seconds = Number(secondsText);
const capMiB = Number(mibText);
const MAX_POLLS = 1_500;
const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-spool-'));
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
  ...(mode === 'cap'
    ? {
        BENCH_CAP: String(capMiB * 1024 ** 2),
        BENCH_SAMPLES: '100',
        BENCH_POLLS: String(Math.min(MAX_POLLS, 50 * capMiB)),
      }
    : {}),
};

async function start(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('producer.ts', import.meta.url)), { env });
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
async function drained(child: ChildProcess): Promise<number> {
  const from = performance.now();
  for (;;) {
    const { spool_backlog_batches: backlog = 0 } = await ask(child);
    if (backlog <= 1) return Math.round(performance.now() - from);
    if (performance.now() - from > 120_000) return -1;
    await sleep(100);
  }
}

const random = (from: number, to: number) => from + Math.random() * (to - from);
let child = await start();
const drainMs: number[] = [];
const kills: number[] = [];
const rss: number[] = [];
let maxLagMs = 0;
let liveLagMs = 0;
await sleep(3_000);
rss.push((await ask(child))['rss'] ?? 0);

if (mode === 'r1') {
  for (let i = 0; i < times; i++) {
    await sleep(random(500, 4_000));
    server.kill();
    await sleep(5_000);
    await server.start();
    drainMs.push(await drained(child));
  }
} else if (mode === 'r2' || mode === 'cap') {
  server.kill();
  await sleep(seconds * 1_000);
  const told = await ask(child);
  maxLagMs = told['lagMs'] ?? 0;
  rss.push(told['rss'] ?? 0);
  await server.start();
  drainMs.push(await drained(child));
  liveLagMs = (await ask(child))['lagMs'] ?? 0;
} else if (mode === 'hang') {
  await server.freeze(true);
  await sleep(seconds * 1_000);
  const told = await ask(child);
  maxLagMs = told['lagMs'] ?? 0;
  rss.push(told['rss'] ?? 0);
  await server.freeze(false);
  drainMs.push(await drained(child));
  liveLagMs = (await ask(child))['lagMs'] ?? 0;
} else if (mode === 'r4') {
  for (let i = 0; i < times; i++) {
    await sleep(random(50, 1_500));
    kills.push(Date.now());
    child.kill('SIGKILL');
    child = await start();
  }
}
await sleep(1_500);
child.send('halt');
await sleep(1_000);
await drained(child);
await sleep(1_000);
const counters = await ask(child);
rss.push(counters['rss'] ?? 0);
child.send('stop');
await new Promise((resolve) => child.once('exit', resolve));

const lines = readFileSync(ledger, 'utf8').split('\n');
const accepted = new Map<string, number>();
for (const line of lines) {
  const [device, slot, at] = line.split(' ');
  if (at !== undefined) accepted.set(`${device} ${slot}`, Number(at));
}
const rows = await server.query(
  `select h.device_id as device, round(extract(epoch from h.at) * 1000)::text as slot, count(*)::int as n,
     cardinality(h."values") as samples
   from metric_head h group by 1, h.at, 4`,
);
const stored = new Map(rows.map((row) => [`${String(row['device'])} ${String(row['slot'])}`, Number(row['n'])]));
const lost = [...accepted].filter(([key]) => !stored.has(key));
const doubled = [...stored.values()].filter((n) => n > 1).length;
/** Lost although accepted longer than this before the kill. */
const earlier = lost.filter(([, at]) => !kills.some((kill) => at <= kill + 50 && kill - at <= 500)).length;
/** How long before the kill the oldest lost poll had been accepted. */
const lostAges = lost.map(([, at]) => Math.min(...kills.filter((kill) => at <= kill + 50).map((kill) => kill - at)));
const dropped = counters['samples_dropped_total{reason="spool_full"}'] ?? 0;
const samples = mode === 'cap' ? 100 : 20;
const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);
const report = {
  bench: `spool ${mode}`,
  faults: mode === 'r1' || mode === 'r4' ? times : `${seconds} s`,
  accepted: accepted.size,
  stored: stored.size,
  lost: lost.length,
  ...(mode === 'r4'
    ? {
        lostEarlierThan500ms: earlier,
        lostPerKill: Math.round((lost.length / times) * 10) / 10,
        oldestLostMs: Math.max(0, ...lostAges),
      }
    : {}),
  // The runner's own series make two samples more of every poll.
  ...(mode === 'cap' ? { lostSamples: lost.length * samples, droppedCounter: dropped } : {}),
  doubled,
  unknown: [...stored.keys()].filter((key) => !accepted.has(key)).length,
  drainMs,
  producerLagMs: { outage: maxLagMs, replay: liveLagMs },
  rssMiB: rss.map(mib),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await server.stop();
rmSync(dir, { recursive: true, force: true });
const lostTooMuch = mode === 'cap' ? lost.length * samples !== dropped : mode === 'r4' ? earlier > 0 : lost.length > 0;
process.exit(lostTooMuch || doubled > 0 || drainMs.some((ms) => ms < 0 || ms > 30_000) ? 1 : 0);
