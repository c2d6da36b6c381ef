// Faults around the spool, with a ledger: what was accepted, what is stored, what is lost, doubled, and how soon it is
// drained. node bench/spool/run.ts r1|r2|cap|hang|r4|r4-batch|r4-power [times] [seconds] [megabytes] [polls a second].
// Prints one line of JSON; exits 1 below the bar.
//   r1        kill -9 of PostgreSQL `times` times at random moments, started again after 5 s
//   r2        PostgreSQL closed for `seconds`
//   cap       as r2, with a spool of so many megabytes; polls of 100 samples
//   hang      PostgreSQL stopped where it stands for `seconds`: connections open, no answer
//   r4        kill -9 of the writing process `times` times: half of them at random moments, the others where it is between
//             append, sync, commit and delete, each point in turn
//   r4-batch  as r4, every batch synced at once; accepted is what the spool called safe, and none of it may be lost
//   r4-power  as r4, and what was not synced is lost as well, as in a power cut
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../server/src/platform/log.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { POINTS } from './fault-points.ts';
import { account, readLedger } from './ledger.ts';
import { createFaultyPostgres } from './postgres.ts';

const [mode = 'r1', timesText = '5', secondsText = '30', megabytes = '16', polls = '300'] = process.argv.slice(2);
const times = Number(timesText);
const seconds = Number(secondsText);
const kills = mode.startsWith('r4');
/** A point that is not passed by then is not passed at all: the end comes from outside. */
const PATIENCE_MS = 4_000;
/** Growth of resident memory in an outage. */
const MAX_GROWTH_MIB = 50;
/** As collectors have them: app/supervisor/role-process.ts. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=40', '--max-old-space-size=512'];

const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-spool-'));
const ledger = path.join(dir, 'ledger');
writeFileSync(ledger, '');
const server = await createFaultyPostgres();
await server.start();
const setup = createPostgres({ databaseUrl: server.url, log: silentLog });
await migrate(setup, silentLog);
await setup.stop();

let lives = 0;

async function start(more: Record<string, string> = {}): Promise<ChildProcess> {
  const env = {
    ...process.env,
    BENCH_URL: server.url,
    BENCH_LEDGER: ledger,
    BENCH_SPOOL: path.join(dir, 'spool'),
    BENCH_LIFE: String(++lives),
    ...(mode === 'cap' ? { BENCH_MEGABYTES: megabytes, BENCH_SAMPLES: '100', BENCH_POLLS: polls } : {}),
    ...(mode === 'r4-batch' ? { BENCH_SYNC: 'batch' } : {}),
    ...(mode === 'r4-power' ? { BENCH_POWER_CUT: '1' } : {}),
    ...more,
  };
  const child = fork(fileURLToPath(new URL('producer.ts', import.meta.url)), { env, execArgv: NODE_FLAGS });
  // It may end before it says anything: where a point lies at its start.
  await new Promise((resolve) => {
    child.once('message', resolve);
    child.once('exit', resolve);
  });
  return child;
}

async function ask(child: ChildProcess): Promise<Record<string, number>> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Record<string, number>));
    child.send('tell');
  });
}

const rss: number[] = [];
async function look(child: ChildProcess): Promise<Record<string, number>> {
  const told = await ask(child);
  rss.push(Math.round((told['rss'] ?? 0) / 1024 / 1024));
  if (process.env['BENCH_MEMORY']) {
    const parts = ['rss', 'heapTotal', 'heapUsed', 'external', 'arrayBuffers'].map(
      (name) => `${name} ${Math.round((told[name] ?? 0) / 1024 / 1024)}`,
    );
    process.stderr.write(`${parts.join(', ')}, backlog ${told['spool_backlog_batches']}\n`);
  }
  return told;
}

/** Waits until nothing waits any more; answers the milliseconds. */
async function drained(child: ChildProcess): Promise<number> {
  const from = performance.now();
  let lookedAt = from;
  for (;;) {
    const looks = performance.now() - lookedAt > 2_000;
    if (looks) lookedAt = performance.now();
    const { spool_backlog_batches: backlog = 0 } = await (looks ? look : ask)(child);
    if (backlog <= 1) return Math.round(performance.now() - from);
    if (performance.now() - from > 300_000) return -1;
    await sleep(100);
  }
}

const random = (from: number, to: number) => from + Math.random() * (to - from);

/** Lives and dies `times` times; the next life begins at once. */
async function killAgainAndAgain(first: ChildProcess): Promise<ChildProcess> {
  let child = first;
  for (let i = 0; i < times; i++) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      // The first life and every other one end at random, from outside.
      if (i % 2 === 0) await sleep(random(50, 1_500));
      else await Promise.race([gone, sleep(PATIENCE_MS)]);
      if (child.exitCode === null && child.signalCode === null) {
        appendFileSync(ledger, `# ${Date.now()} random\n`);
        child.kill('SIGKILL');
      }
      await gone;
    }
    const point = POINTS[((i - (i % 2)) / 2) % POINTS.length] ?? 'torn';
    const aimed = i % 2 === 0 && i < times - 1;
    // Where the store keeps up nothing is synced.
    const slow = point.startsWith('sync') || Math.random() < 0.25;
    const more = { BENCH_POINT: point, BENCH_COUNTDOWN: String(Math.ceil(random(0, 4))) };
    child = await start({ ...(aimed && more), ...(slow && { BENCH_STORE_MS: '900' }) });
  }
  return child;
}

let child = await start();
const drainMs: number[] = [];
const lagMs = { outage: 0, replay: 0 };
await sleep(3_000);
const began = Date.now();
await look(child);

if (mode === 'r1') {
  for (let i = 0; i < times; i++) {
    await sleep(random(500, 4_000));
    server.kill();
    await sleep(5_000);
    await server.start();
    drainMs.push(await drained(child));
  }
} else if (kills) {
  child = await killAgainAndAgain(child);
} else {
  if (mode === 'hang') await server.freeze(true);
  else server.kill();
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await look(child))
    await sleep(Math.min(5_000, end - Date.now()));
  lagMs.outage = (await look(child))['lagMs'] ?? 0;
  if (mode === 'hang') await server.freeze(false);
  else await server.start();
  drainMs.push(await drained(child));
  lagMs.replay = (await look(child))['lagMs'] ?? 0;
}
await sleep(1_500);
child.send('halt');
await sleep(1_000);
await drained(child);
await sleep(1_000);
const counters = await look(child);
child.send('stop');
await new Promise((resolve) => child.once('exit', resolve));

const rows = await server.query(
  `select h.device_id as device, round(extract(epoch from h.at) * 1000)::text as slot, count(*)::int as n
   from metric_head h group by 1, h.at`,
);
const stored = new Map(rows.map((row) => [`${String(row['device'])} ${String(row['slot'])}`, Number(row['n'])]));
const book = readLedger(ledger);
const result = account(book, stored);
const dropped = counters['samples_dropped_total{reason="spool_full"}'] ?? 0;
const lostSamples = result.lost * 100;
const growthMiB = Math.max(...rss) - (rss[0] ?? 0);
const report = {
  bench: `spool ${mode}`,
  seconds: Math.round((Date.now() - began) / 1_000),
  ...(kills ? { kills: book.kills.length, at: countBy(book.kills.map(({ point }) => point)) } : {}),
  ...(mode === 'r1' ? { kills: times } : {}),
  ...(kills || mode === 'r1' ? {} : { awaySeconds: seconds }),
  ...result,
  ...(mode === 'cap' ? { megabytes: Number(megabytes), pollsPerSecond: Number(polls), lostSamples, dropped } : {}),
  corruptBatches: counters['spool_corrupt_batches_total'],
  ...(kills ? {} : { drainMs, producerLagMs: lagMs, rssMiB: rss, growthMiB }),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await server.stop();
rmSync(dir, { recursive: true, force: true });

function countBy(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

function good(): boolean {
  if (result.doubled > 0) return false;
  if (mode === 'r4-batch') return result.lost === 0;
  if (kills) return result.lostEarlier === 0 && result.holes === 0 && book.kills.length >= times;
  if (mode === 'cap') return lostSamples === dropped && growthMiB <= MAX_GROWTH_MIB && drainMs.every((ms) => ms >= 0);
  // A backlog of a long outage may take a twentieth of it.
  const patience = Math.max(30_000, mode === 'r1' ? 0 : seconds * 50);
  return result.lost === 0 && drainMs.every((ms) => ms >= 0 && ms <= patience) && growthMiB <= MAX_GROWTH_MIB;
}
process.exit(good() ? 0 : 1);
