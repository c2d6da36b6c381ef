import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { AppError } from '#platform/errors.ts';
import { arrayLiteral } from './array-literal.ts';
import { migrate } from './migrate.ts';
import { createPostgres } from './postgres.ts';
import { reachDatabase } from './reachable.ts';
import { openTestDatabase } from './testing.ts';
import type { TestDatabase } from './testing.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

const unavailable = (error: unknown) =>
  error instanceof AppError &&
  error.code === 'database_unavailable' &&
  error.retryable &&
  /\.$|\?$/.test(error.message);

test('int8 comes as a number, timestamptz as a Date, jsonb parsed', async () => {
  const { rows } = await db.pg.query(
    `select 5000000000::int8 as a, timestamptz '2026-01-01Z' as b, '{"x":1}'::jsonb as c`,
  );
  assert.deepEqual(rows, [{ a: 5_000_000_000, b: new Date('2026-01-01T00:00:00Z'), c: { x: 1 } }]);
});

test('the literal of an array gives its texts back, whatever is in them', async () => {
  const texts = ['', 'NULL', null, 'a,b', '{"x": "\\"}', "it's", ' {} ', '\u00e9\n'];
  const { rows } = await db.pg.query('select $1::text[] as a', [arrayLiteral(texts)]);
  assert.deepEqual(rows, [{ a: texts }]);
});

test('a transaction that throws leaves nothing behind and gives its connection back', async () => {
  await db.pg.query('create table t1 (a int)');
  for (let i = 0; i < 20; i++) {
    await assert.rejects(
      db.pg.transaction(async (tx) => {
        await tx.query('insert into t1 values (1)');
        throw new Error('no');
      }),
      /no/,
    );
  }
  assert.equal((await db.pg.query('select * from t1')).rowCount, 0);
});

test('copyIn copies a buffer, and reports what the server refuses', async () => {
  await db.pg.query('create table t2 (a int, b text)');
  assert.equal(await db.pg.copyIn('copy t2 from stdin', Buffer.from('1\tone\n2\ttwo\n')), 2);
  await assert.rejects(db.pg.copyIn('copy t2 from stdin', Buffer.from('x\tone\n')), /integer/);
  assert.equal((await db.pg.query('select * from t2')).rowCount, 2);
});

test('copyOut gives the data of a query, and reports what the server refuses', async () => {
  const data = await db.pg.copyOut(`copy (select n from generate_series(1, 3) n) to stdout`);
  assert.equal(data.toString(), '1\n2\n3\n');
  await assert.rejects(db.pg.copyOut('copy (select 1/0) to stdout'), /division/);
  assert.equal((await db.pg.query('select 1')).rowCount, 1);
});

test('nobody listening is database_unavailable', async () => {
  const pg = createPostgres({ databaseUrl: 'postgres://x@127.0.0.1:1/x', log: silentLog });
  await assert.rejects(pg.start(), unavailable);
  await pg.stop();
});

test('a server that accepts and never answers is database_unavailable within the connection timeout', async () => {
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pg = createPostgres({ databaseUrl: `postgres://x@127.0.0.1:${port}/x`, log: silentLog, connectTimeoutMs: 100 });
  await assert.rejects(pg.query('select 1'), unavailable);
  for (const socket of sockets) socket.destroy();
  server.close();
  await pg.stop();
});

test('connections killed by the server reject what runs on them, and the pool goes on', async () => {
  const pg = createPostgres({ databaseUrl: db.databaseUrl, log: silentLog, applicationName: 'to be killed' });
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to be killed'`;
  await pg.query('select 1');
  await db.pg.query(kill);
  while (pg.poolState().total > 0) await new Promise((resolve) => void setImmediate(resolve));
  const sleeping = assert.rejects(pg.query('select pg_sleep(20)'), unavailable);
  const inside = assert.rejects(
    pg.transaction(async (tx) => {
      await tx.query('select 1');
      await tx.query('select pg_sleep(20)');
    }),
    unavailable,
  );
  for (;;) {
    const { rows } = await db.pg.query<{ n: number }>(
      `select count(*) as n from pg_stat_activity where application_name = 'to be killed' and wait_event = 'PgSleep'`,
    );
    if (rows[0]?.n === 2) break;
  }
  await db.pg.query(kill);
  await sleeping;
  await inside;
  assert.equal((await pg.query('select 1')).rowCount, 1);
  await pg.stop();
});

test('a statement that takes longer than allowed is deadline_exceeded', async () => {
  const pg = createPostgres({ databaseUrl: db.databaseUrl, log: silentLog, statementTimeoutMs: 50 });
  await assert.rejects(pg.query('select pg_sleep(5)'), { code: 'deadline_exceeded' });
  await pg.stop();
});

test('migrate: racing starters apply each file once; a failing file leaves the ones before it', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'sotp-migrations-'));
  const own = await openTestDatabase();
  try {
    await own.pg.query('drop table schema_migrations');
    await writeFile(
      path.join(dir, '0001_a.sql'),
      'create table m1 (a int); insert into m1 select 1 from pg_sleep(0.2);',
    );
    await writeFile(path.join(dir, '0002_b.sql'), 'insert into m1 values (2);');
    const applied = await Promise.all([1, 2, 3].map(() => migrate(own.pg, silentLog, dir)));
    assert.deepEqual(applied.map((names) => names.length).toSorted(), [0, 0, 2]);
    assert.equal((await own.pg.query('select * from m1')).rowCount, 2);

    await writeFile(path.join(dir, '0003_c.sql'), 'insert into m1 values (3);');
    await writeFile(path.join(dir, '0004_d.sql'), 'insert into m1 values (4); select 1/0;');
    await assert.rejects(migrate(own.pg, silentLog, dir), /division by zero/);
    assert.equal((await own.pg.query('select * from m1')).rowCount, 3);
    await writeFile(path.join(dir, '0004_d.sql'), 'insert into m1 values (4);');
    assert.deepEqual(await migrate(own.pg, silentLog, dir), ['0004_d']);

    await rm(path.join(dir, '0004_d.sql'));
    await assert.rejects(migrate(own.pg, silentLog, dir), { code: 'database_schema_newer' });
    await writeFile(path.join(dir, '0004_d.sql'), 'insert into m1 values (5);');
    await assert.rejects(migrate(own.pg, silentLog, dir), { code: 'internal' });
  } finally {
    await own.close();
    await rm(dir, { recursive: true });
  }
});

test('migrate: a step that comes into conflict with another transaction is tried again, and not for ever', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'sotp-migrations-'));
  const own = await openTestDatabase();
  try {
    await own.pg.query('drop table schema_migrations');
    // A sequence keeps what a transaction that is undone took from it.
    await own.pg.query('create sequence tries');
    const conflictUntil = (n: number) =>
      `create table tried${n} (a int); do $$ begin if nextval('tries') < ${n} then raise sqlstate '40P01'; end if; end $$;`;
    await writeFile(path.join(dir, '0001_third_time.sql'), conflictUntil(3));
    assert.deepEqual(await migrate(own.pg, silentLog, dir), ['0001_third_time']);
    await writeFile(path.join(dir, '0002_never.sql'), conflictUntil(1_000));
    await assert.rejects(migrate(own.pg, silentLog, dir), unavailable);
    const { rows } = await own.pg.query(`select relname::text as name from pg_class where relname ~ '^tried'`);
    assert.deepEqual(rows, [{ name: 'tried3' }]);
  } finally {
    await own.close();
    await rm(dir, { recursive: true });
  }
});

test('a caller that leaves stops the server too, and the connection is good for the next one', async () => {
  const running = async () =>
    (
      await db.pg.query(
        `select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()`,
      )
    ).rowCount;
  for (const ask of [
    (signal: AbortSignal) => db.pg.abortable(signal).query('select pg_sleep(20)'),
    (signal: AbortSignal) => db.pg.abortable(signal).copyOut('copy (select pg_sleep(20)) to stdout (format binary)'),
  ]) {
    const leaving = new AbortController();
    const asked = ask(leaving.signal);
    while ((await running()) === 0);
    leaving.abort(new Error('the caller left'));
    await assert.rejects(asked, /the caller left/);
    assert.equal(await running(), 0);
    await assert.rejects(ask(leaving.signal), /the caller left/);
  }
  const { rows } = await db.pg.abortable(new AbortController().signal).query('select 1 as one');
  assert.deepEqual(rows, [{ one: 1 }]);
  assert.equal(db.pg.poolState().waiting, 0);
});

test('what waits through a cut is given up at once, and the next one gets a new connection', async () => {
  const { pg } = db;
  const waiting = pg.query('select pg_sleep(60)');
  const refused = assert.rejects(waiting, unavailable);
  const asleep = `select 1 from pg_stat_activity where query = 'select pg_sleep(60)'`;
  while ((await pg.query(asleep)).rows.length === 0);
  pg.reconnect();
  await refused;
  assert.equal((await pg.query<{ one: number }>('select 1 as one')).rows[0]?.one, 1);
});

test('the machine of a database takes a connection, or refuses it, or says nothing', async () => {
  assert.equal(await reachDatabase(db.databaseUrl, 60_000), 'open');
  const url = new URL(db.databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = '1';
  assert.equal(await reachDatabase(url.href, 60_000), 'refused');
  url.hostname = 'nowhere.invalid';
  assert.equal(await reachDatabase(url.href, 60_000), 'silent');
});

test('a session runs what is asked at the same time one after the other, as pg wants it; one that fails holds up nobody', async () => {
  const warnings: string[] = [];
  const warned = (warning: Error) => warnings.push(warning.message);
  process.on('warning', warned);
  const session = await db.pg.session();
  try {
    const asked = ['select 1 as n', 'select nonsense', 'select 3 as n'].map((sql) => session.query<{ n: number }>(sql));
    const answers = await Promise.allSettled(asked);
    const numbers = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.rows[0]?.n : 'failed'));
    assert.deepEqual(numbers, [1, 'failed', 3]);
    assert.deepEqual(warnings, []);
  } finally {
    process.off('warning', warned);
    await session.close();
  }
});
