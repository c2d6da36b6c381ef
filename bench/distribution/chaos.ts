// Collectors are killed, stopped where they stand and started, in random order; a ledger says whether any slot was polled
// twice or late, and how long any device waited. node bench/distribution/chaos.ts [faults=10]. Exits 1 below the bar.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createBullmqQueues } from '../../server/src/queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '../../server/src/queue/bullmq/postgres.ts';
import { createPostgresLeaderLock } from '../../server/src/stores/leases/postgres-leader.ts';
import { createPostgresLeases } from '../../server/src/stores/leases/postgres.ts';
import { openTestDatabase } from '../../server/src/stores/postgres/testing.ts';
import { createScheduler } from '../../server/src/worker/scheduler.ts';

const faults = Number(process.argv[2] ?? 10);
const DEVICES = 60;
const INTERVAL_S = 2;
const COLLECTORS = 3;
const CHILD = fileURLToPath(new URL('../../server/src/worker/testing/collector-process.ts', import.meta.url));

const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-chaos-'));
const ledger = path.join(dir, 'ledger');
writeFileSync(ledger, '');
const database = await openTestDatabase();
const queues = createBullmqQueues({
  driver: createPostgresDriver({ databaseUrl: database.databaseUrl, log: silentLog }),
  log: silentLog,
});
const bus = createPostgresBus({ pg: database.pg, log: silentLog });
const scheduler = createScheduler({
  schedule: async () =>
    Array.from({ length: DEVICES }, (_, i) => ({ deviceId: i + 1, collector: 'ledger', intervalSeconds: INTERVAL_S })),
  heldNow: () => createPostgresLeases(database.pg).heldNow(),
  leader: createPostgresLeaderLock(database.pg),
  queues,
  bus,
  clock: systemClock,
  log: silentLog,
  partitions: 4,
});
await scheduler.start();

async function start(): Promise<ChildProcess> {
  const env = { ...process.env, SOTP_TEST_URL: database.databaseUrl, SOTP_TEST_LEDGER: ledger };
  const child = fork(CHILD, { env });
  await new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
    });
  });
  return child;
}

const children: ChildProcess[] = [];
for (let i = 0; i < COLLECTORS; i++) children.push(await start());
await sleep(15_000);
const done: string[] = [];
for (let i = 0; i < faults; i++) {
  const place = Math.floor(Math.random() * COLLECTORS);
  const victim = children[place]!;
  if (Math.random() < 0.5) {
    victim.kill('SIGKILL');
    await sleep(Math.random() * 10_000);
    children[place] = await start();
    done.push('kill');
  } else {
    victim.kill('SIGSTOP');
    await sleep(2_000 + Math.random() * 23_000);
    victim.kill('SIGCONT');
    done.push('stop');
  }
  await sleep(Math.random() * 8_000);
}
await sleep(25_000);
for (const child of children) child.kill('SIGKILL');

interface Line {
  readonly device: number;
  readonly at: number;
  readonly made: number;
}
const lines = readFileSync(ledger, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Line);
const keys = new Set(lines.map(({ device, at }) => `${device} ${at}`));
let longestWaitMs = 0;
for (let device = 1; device <= DEVICES; device++) {
  const made = lines.filter((line) => line.device === device).map((line) => line.made);
  made.sort((a, b) => a - b);
  for (let i = 1; i < made.length; i++) longestWaitMs = Math.max(longestWaitMs, (made[i] ?? 0) - (made[i - 1] ?? 0));
}
const late = lines.filter(({ at, made }) => made - at > INTERVAL_S * 500 + 500).length;
const doubled = lines.length - keys.size;
const report = { bench: 'chaos', faults: done.join(' '), polls: lines.length, doubled, late, longestWaitMs };
process.stdout.write(`${JSON.stringify(report)}\n`);
await scheduler.stop();
await queues.close();
await bus.close();
await database.close();
rmSync(dir, { recursive: true, force: true });
process.exit(doubled > 0 || late > 0 || longestWaitMs > 2 * INTERVAL_S * 1_000 + 30_000 ? 1 : 0);
