import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { temporaryDir } from '#app/testing/run-sotp.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createEmbeddedPostgres, runningDatabaseUrl } from './embedded-postgres.ts';
import { isAlive, readPostmasterFile } from './postmaster.ts';

const dir = await temporaryDir();
const database = createEmbeddedPostgres({ dataDir: dir.path, connections: 20, log: silentLog, clock: systemClock });
after(async () => {
  await database.stop();
  await dir.remove();
});
const pidFile = join(dir.path, 'postgres', 'postmaster.pid');

async function ask(sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: database.url() });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

test('keeps what was written over a stop, with checksums, and its password in a file of mode 0600', async () => {
  await database.start();
  await ask('create table kept as select 42 as answer');
  assert.deepEqual(await ask('show data_checksums'), { data_checksums: 'on' });
  assert.equal(statSync(join(dir.path, 'postgres.secret')).mode & 0o777, 0o600);
  assert.equal(runningDatabaseUrl(dir.path), database.url());
  await database.stop();
  assert.equal(runningDatabaseUrl(dir.path), undefined);
  await database.start();
  assert.deepEqual(await ask('select answer from kept'), { answer: 42 });
});

test('listens on loopback only and refuses a wrong password', async () => {
  assert.deepEqual(await ask('show listen_addresses'), { listen_addresses: '127.0.0.1' });
  const url = new URL(database.url());
  url.password = 'wrong';
  const client = new pg.Client({ connectionString: url.href });
  await assert.rejects(client.connect(), { code: '28P01' });
});

test('a postmaster.pid whose number now belongs to a stranger: the stranger is not touched, the database starts', async () => {
  await database.stop();
  const stranger = spawn('sleep', ['60']);
  const ended = new Promise<void>((resolve) => stranger.once('exit', () => resolve()));
  assert.ok(stranger.pid);
  writeFileSync(
    pidFile,
    `${stranger.pid}\n${join(dir.path, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n  1 2\nready   \n`,
  );
  await database.start();
  assert.notEqual(readFileSync(pidFile, 'utf8').split('\n')[0], String(stranger.pid));
  assert.equal(stranger.exitCode, null);
  assert.equal(stranger.signalCode, null);
  stranger.kill();
  await ended;
});

test('a postmaster.pid that is empty or cut short does not keep the database from starting', async () => {
  for (const text of ['', '12', 'garbage\n']) {
    await database.stop();
    writeFileSync(pidFile, text);
    await database.start();
    assert.deepEqual(await ask('select 1 as one'), { one: 1 });
  }
});

test('a stop that comes before the database is launched: it is not launched any more', async () => {
  await database.stop();
  const starting = database.start();
  await database.stop();
  await starting;
  assert.equal(existsSync(pidFile), false);
  assert.equal(runningDatabaseUrl(dir.path), undefined);
});

test('a stop that comes while the database becomes ready ends it; letting it go ends it too, without a recovery', async () => {
  const starting = database.start();
  while (!existsSync(pidFile)) await systemClock.sleep(1);
  await database.stop();
  await starting.catch(() => undefined);
  assert.equal(existsSync(pidFile), false);
  await database.start();
  const { pid = 0 } = readPostmasterFile(join(dir.path, 'postgres')) ?? {};
  const logged = readFileSync(join(dir.path, 'postgres.log'), 'utf8').length;
  database.letGo();
  while (isAlive(pid)) await systemClock.sleep(5);
  await database.start();
  assert.doesNotMatch(readFileSync(join(dir.path, 'postgres.log'), 'utf8').slice(logged), /not properly shut down/);
});
