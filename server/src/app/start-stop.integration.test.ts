import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  childrenOf,
  postmasterPid,
  processes,
  runSotp,
  statusOf,
  takenPort,
  temporaryDir,
  until,
} from './testing/run-sotp.ts';
import type { RunningSotp } from './testing/run-sotp.ts';

const skip = process.platform === 'linux' ? false : 'reads /proc';
const dir = await temporaryDir();
const dataDir = dir.path;
const running = new Set<RunningSotp>();
after(async () => {
  for (const sotp of running) sotp.kill('SIGTERM');
  await Promise.all([...running].map((sotp) => sotp.ended));
  await dir.remove();
});

const PASSWORD = 'a-password-nobody-may-see';

async function start(env: Record<string, string> = {}, by: readonly string[] = []) {
  const free = await takenPort();
  await free.release();
  const sotp = runSotp(['start', '--port', String(free.port), '--data-dir', dataDir, '--collectors', '1'], env, by);
  running.add(sotp);
  const address = await sotp.ready;
  return { sotp, address };
}

function databaseLog(): string {
  return readFileSync(join(dataDir, 'postgres.log'), 'utf8');
}

function pidOf(supervisor: number, title: string): number | undefined {
  return childrenOf(supervisor).find((child) => child.commandLine === title)?.pid;
}

async function assertStops(sotp: RunningSotp): Promise<void> {
  sotp.kill('SIGTERM');
  const ended = await sotp.ended;
  assert.equal(ended.status, 0, ended.stderr);
}

const isGone = (pids: readonly number[]) => () => !processes().some((one) => pids.includes(one.pid));

test(
  'start: ready, roles by name, no secret in arguments or environment; SIGTERM: exit 0 within 10 s, nothing left',
  { skip },
  async () => {
    const { sotp, address } = await start({ SOTP_ADMIN_PASSWORD: PASSWORD });
    assert.equal(await statusOf(`${address}/readyz`), 200);
    const children = childrenOf(sotp.pid);
    const titles = children.map((child) => child.commandLine.split(' ').slice(0, 2).join(' ')).toSorted();
    assert.deepEqual(titles.slice(1), ['sotp collector', 'sotp hub']);
    assert.match(readFileSync(`/proc/${sotp.pid}/cmdline`, 'utf8'), /^sotp supervisor/);
    const secret = readFileSync(join(dataDir, 'postgres.secret'), 'utf8').trim();
    for (const { pid, commandLine } of children) {
      const visible = commandLine + readFileSync(`/proc/${pid}/environ`, 'utf8');
      assert.ok(!visible.includes(PASSWORD) && !visible.includes(secret), `process ${pid} shows a secret`);
    }
    const asked = performance.now();
    sotp.kill('SIGTERM');
    const ended = await sotp.ended;
    assert.equal(ended.status, 0);
    assert.ok(performance.now() - asked < 10_000);
    assert.ok(isGone(children.map((child) => child.pid))(), 'a child outlived its supervisor');
    assert.match(databaseLog(), /database system is shut down\n$/);
  },
);

test(
  'kill -9 of the supervisor: its processes end, and the next start takes the database over without a recovery',
  { skip },
  async () => {
    const first = await start();
    const roles = childrenOf(first.sotp.pid).filter((child) => child.commandLine.startsWith('sotp '));
    const postmaster = postmasterPid(dataDir);
    assert.ok(postmaster);
    first.sotp.kill('SIGKILL');
    await first.sotp.ended;
    await until('role processes end', isGone(roles.map((role) => role.pid)));
    assert.ok(!isGone([postmaster])(), 'the database should have outlived its supervisor');
    const logged = databaseLog().length;
    const second = await start();
    assert.equal(await statusOf(`${second.address}/readyz`), 200);
    assert.ok(isGone([postmaster])(), 'the database of the killed run still lives');
    assert.doesNotMatch(databaseLog().slice(logged), /not properly shut down/);
    second.sotp.kill('SIGINT');
    assert.equal((await second.sotp.ended).status, 0);
  },
);

test('kill -9 of hub, collector and database: each is started again', { skip }, async () => {
  const { sotp, address } = await start();
  for (const title of ['sotp hub', 'sotp collector']) {
    const pid = pidOf(sotp.pid, title);
    assert.ok(pid, title);
    process.kill(pid, 'SIGKILL');
    await until(`${title} is back`, () => ![undefined, pid].includes(pidOf(sotp.pid, title)));
  }
  const postmaster = postmasterPid(dataDir);
  assert.ok(postmaster);
  process.kill(postmaster, 'SIGKILL');
  await until('the database is back', () => ![undefined, postmaster].includes(postmasterPid(dataDir)));
  await until('the hub is ready again', async () => (await statusOf(`${address}/readyz`)) === 200, 20_000);
  const restarted = /^sotp_process_restarts_total\{.*process="collector-1".*\} [1-9]\d*$/m;
  const counted = async () => restarted.test(await (await fetch(`${address}/metrics`)).text());
  await until('the restart is counted', counted, 30_000);
  await assertStops(sotp);
});

test(
  'SIGTERM to all its processes at once, as service managers do: exit 0, and nothing is started again',
  { skip },
  async () => {
    const { sotp } = await start();
    const roles = childrenOf(sotp.pid).filter((child) => child.commandLine.startsWith('sotp '));
    assert.equal(roles.length, 2);
    sotp.kill('SIGTERM');
    for (const { pid } of roles) process.kill(pid, 'SIGTERM');
    const ended = await sotp.ended;
    assert.equal(ended.status, 0, ended.stderr);
    assert.doesNotMatch(ended.stderr, /started again/);
  },
);

test('SIGTERM to npm, which ends the shell between them: SOTP stops as well', { skip }, async () => {
  const { sotp } = await start({ npm_lifecycle_event: 'start' }, ['sh', '-c', '"$@"; :', 'npm']);
  const started = childrenOf(sotp.pid).map(({ pid }) => pid);
  assert.equal(started.length, 1);
  sotp.kill('SIGTERM');
  // Only once nobody writes to its output any more.
  const { stdout } = await sotp.ended;
  assert.match(stdout, /SOTP has stopped\n$/);
  assert.ok(isGone(started)());
});

test('a second SOTP on the same data directory is refused in one line', { skip }, async () => {
  const { sotp } = await start();
  const second = await runSotp(['start', '--port', '0', '--data-dir', dataDir]).ended;
  assert.equal(second.status, 1);
  assert.match(
    second.stderr,
    /^sotp: SOTP already runs on .* \(pid \d+\): stop it, or use another directory with --data-dir\n$/,
  );
  await assertStops(sotp);
});
