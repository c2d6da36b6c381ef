import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createBullmqQueues } from '#queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '#queue/bullmq/postgres.ts';
import { createPostgresLeaderLock } from '#stores/leases/postgres-leader.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createScheduler } from '#worker/scheduler.ts';
import type { Scheduler } from '#worker/scheduler.ts';

const CHILD = fileURLToPath(new URL('testing/collector-process.ts', import.meta.url));
const DEVICES = 60;
const INTERVAL_S = 2;

interface Collector {
  readonly process: ChildProcess;
  held: number[];
}
interface Line {
  readonly pid: number;
  readonly device: number;
  readonly at: number;
  readonly made: number;
}

let dir: string;
let database: TestDatabase;
let ledger: string;
let scheduler: Scheduler;
let closing: (() => Promise<unknown>)[] = [];
let children: Collector[] = [];

before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sotp-distribution-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(async () => {
  database = await openTestDatabase();
  ledger = path.join(dir, `${Math.random()}.jsonl`);
  writeFileSync(ledger, '');
  const { databaseUrl, pg } = database;
  const queues = createBullmqQueues({ driver: createPostgresDriver({ databaseUrl, log: silentLog }), log: silentLog });
  const bus = createPostgresBus({ pg, log: silentLog });
  scheduler = createScheduler({
    schedule: async () =>
      Array.from({ length: DEVICES }, (_, i) => ({
        deviceId: i + 1,
        collector: 'ledger',
        intervalSeconds: INTERVAL_S,
      })),
    heldNow: () => createPostgresLeases(pg).heldNow(),
    leader: createPostgresLeaderLock(pg),
    queues,
    bus,
    clock: systemClock,
    log: silentLog,
    partitions: 4,
  });
  closing = [() => scheduler.stop(), () => queues.close(), () => bus.close(), () => database.close()];
  await scheduler.start();
});
afterEach(async () => {
  for (const { process: child } of children) child.kill('SIGKILL');
  children = [];
  for (const close of closing) await close();
});

/** With a lease of 3 s hand-overs take a fifth of their time. */
async function startCollector(leaseMs = 3_000): Promise<Collector> {
  const child = fork(CHILD, {
    env: {
      ...process.env,
      SOTP_TEST_URL: database.databaseUrl,
      SOTP_TEST_LEDGER: ledger,
      SOTP_TEST_LEASE_MS: String(leaseMs),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const collector: Collector = { process: child, held: [] };
  children.push(collector);
  await new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
      else collector.held = (message as { held: number[] }).held;
    });
  });
  return collector;
}

function lines(): Line[] {
  return readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

async function until(what: string, holds: () => boolean, ms: number): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > ms) assert.fail(`${what}: not within ${ms} ms`);
    await sleep(100);
  }
  return performance.now() - start;
}

/** No instant of a device twice, whoever polled it. */
function assertNoDoubles(all: readonly Line[]): void {
  const keys = all.map(({ device, at }) => `${device} ${at}`);
  assert.equal(new Set(keys).size, keys.length, 'a slot was polled twice');
}

const spread = (...collectors: readonly Collector[]) => collectors.map(({ held }) => held.length).toString();

test('collectors share the partitions, and give them over without a missed or a double poll', async () => {
  const first = await startCollector();
  await until('all partitions are held', () => spread(first) === '4', 5_000);
  const second = await startCollector();
  await until('the partitions are balanced', () => spread(first, second) === '2,2', 20_000);
  await sleep(4_000);
  second.process.send('stop');
  await until('the leaver gave its partitions back', () => spread(first) === '4', 12_000);
  await sleep(4_000);
  const all = lines();
  assertNoDoubles(all);
  // Between the first poll of all and the last, no device waited longer than two intervals and a hand-over.
  for (let device = 1; device <= DEVICES; device++) {
    const instants = all.filter((line) => line.device === device).map(({ at }) => at);
    instants.sort((a, b) => a - b);
    for (let i = 1; i < instants.length; i++) {
      const gap = (instants[i] ?? 0) - (instants[i - 1] ?? 0);
      assert.ok(gap <= 2 * INTERVAL_S * 1_000 + 3_000, `device ${device} waited ${gap} ms`);
    }
  }
});

test('kill -9 of a collector: another polls its devices within 30 s, nothing twice, nothing late', async () => {
  const first = await startCollector(15_000);
  const second = await startCollector(15_000);
  await until('the partitions are balanced', () => spread(first, second) === '2,2', 20_000);
  await sleep(3_000);
  second.process.kill('SIGKILL');
  const killedAt = Date.now();
  const orphans = new Set(
    lines()
      .filter(({ pid }) => pid === second.process.pid)
      .map(({ device }) => device),
  );
  assert.ok(orphans.size > 10);
  const adopted = () => {
    const now = new Set(
      lines()
        .filter(({ pid, made }) => pid === first.process.pid && made > killedAt)
        .map(({ device }) => device),
    );
    return [...orphans].every((device) => now.has(device));
  };
  const ms = await until('every orphan is polled', adopted, 30_000);
  process.stdout.write(
    `${JSON.stringify({ test: 'takeover after kill -9', orphans: orphans.size, ms: Math.round(ms) })}\n`,
  );
  // By then the queue has handed out again what the dead one had in hand.
  await sleep(12_000);
  const all = lines();
  assertNoDoubles(all);
  const late = all.filter(({ at, made }) => made - at > 1_500);
  assert.deepEqual(late, []);
});

test('a collector that hangs loses its partitions and polls nothing when it wakes', async () => {
  const first = await startCollector();
  const second = await startCollector();
  await until('the partitions are balanced', () => spread(first, second) === '2,2', 20_000);
  second.process.send({ block: 8_000 });
  await until('the other holds all', () => spread(first) === '4', 8_000);
  await sleep(9_000);
  const all = lines();
  assertNoDoubles(all);
  assert.deepEqual(
    all.filter(({ at, made }) => made - at > 1_500),
    [],
  );
});
