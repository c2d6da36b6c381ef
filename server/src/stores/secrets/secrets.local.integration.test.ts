import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createLocalSecretStore } from './local.ts';
import { secretStoreContract } from './secrets.contract.ts';

let db: TestDatabase;
let dir: string;
let keyFile: string;
before(async () => {
  db = await openTestDatabase();
  dir = await mkdtemp(path.join(tmpdir(), 'sotp-secrets-'));
});
beforeEach(async () => {
  await db.pg.query('truncate secret');
  keyFile = path.join(dir, 'keys', 'secret.key');
  await rm(path.dirname(keyFile), { recursive: true, force: true });
});
after(async () => {
  await rm(dir, { recursive: true });
  await db.close();
});

const open = () => createLocalSecretStore({ pg: db.pg, keyFile });
secretStoreContract(open);

test('racing processes create one key file of mode 0600, and no plaintext reaches the database', async () => {
  await Promise.all([1, 2, 3, 4].map((n) => open().put(`k${n}`, 'community-string')));
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  for (const n of [1, 2, 3, 4]) assert.equal(await open().get(`k${n}`), 'community-string');
  const { rows } = await db.pg.query<{ sealed: Buffer }>('select sealed from secret');
  assert.equal(
    rows.some((row) => row.sealed.includes('community')),
    false,
  );
});

const unavailable = (message: RegExp) => ({ code: 'secret_unavailable', message });

test('a key file that others may read, that is cut short or that belongs elsewhere is refused with the remedy', async () => {
  await open().put('k', 'v');
  const text = await readFile(keyFile, 'utf8');

  await chmod(keyFile, 0o644);
  await assert.rejects(open().get('k'), unavailable(/mode 0644.*chmod 600/));
  await chmod(keyFile, 0o600);

  await writeFile(keyFile, text.slice(0, -10));
  await assert.rejects(open().get('k'), unavailable(/cut short/));
  await writeFile(keyFile, '');
  await assert.rejects(open().open(), unavailable(/empty/));

  await rm(keyFile);
  await assert.rejects(open().open(), unavailable(/missing.*backup/));

  await db.pg.query('alter table secret rename to kept');
  await db.pg.query('create table secret (like kept including all)');
  await open().put('other', 'v');
  await db.pg.query('insert into secret select * from kept');
  await assert.rejects(open().get('k'), unavailable(/another key/));
});

test('a sealed value moved to another name does not open', async () => {
  await open().put('a', 'va');
  await open().put('b', 'vb');
  await db.pg.query(`update secret set sealed = (select sealed from secret where key = 'a') where key = 'b'`);
  await assert.rejects(open().get('b'), unavailable(/damaged/));
});

test('a machine that only collects makes no key, and says when its key is missing or another one', async () => {
  await open().put('k', 'v');
  const text = await readFile(keyFile, 'utf8');
  const elsewhere = (more: { key?: string }) =>
    createLocalSecretStore({
      pg: db.pg,
      keyFile: path.join(dir, 'elsewhere', 'secret.key'),
      mayCreate: false,
      ...more,
    });

  await assert.rejects(elsewhere({}).open(), unavailable(/missing.*copy secret\.key/));
  await db.pg.query('truncate secret');
  await assert.rejects(elsewhere({}).open(), unavailable(/no key to open credentials.*SOTP_SECRET_KEY/));

  await open().put('k', 'v');
  const copied = elsewhere({ key: text });
  await copied.open();
  assert.equal(await copied.get('k'), 'v');

  await rm(keyFile);
  const other = path.join(dir, 'other', 'secret.key');
  await db.pg.query('create table aside as select * from secret');
  await db.pg.query('truncate secret');
  await createLocalSecretStore({ pg: db.pg, keyFile: other }).put('x', 'y');
  await assert.rejects(elsewhere({ key: text }).open(), unavailable(/SOTP_SECRET_KEY \(\w+\) is not the one/));
});
