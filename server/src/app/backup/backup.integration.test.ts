import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryDir } from '#app/testing/run-sotp.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createDeviceStore } from '#stores/devices/postgres.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { writeBackup } from './backup.ts';
import { restoreBackup } from './restore.ts';

let from: TestDatabase;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let file: string;

const DAY_MS = 86_400_000;
const AWKWARD = 'tab\there, back\\slash, "quotes", line\nbreak, ü, 日本';

before(async () => {
  from = await openTestDatabase();
  dir = await temporaryDir();
  file = join(dir.path, 'backup');
  const devices = createDeviceStore(from.pg);
  const common = { site: null, tags: ['a'], credentialIds: [], collectors: [] };
  const parent = await devices.create({ ...common, name: AWKWARD, address: '10.0.0.1', endpoint: '1', parentIds: [] });
  await devices.create({ ...common, name: 'b', address: '10.0.0.2', endpoint: '2', parentIds: [parent] });
  // What ended two days ago is packed, merged and rolled up to the day.
  const metrics = createPackedMetricStore({ pg: from.pg, clock: systemClock, log: silentLog, compactionLagMs: 0 });
  const layout = { series: [{ metric: 'm', labels: { interface: AWKWARD }, unit: null, kind: 'gauge' as const }] };
  const now = Date.now();
  for (let i = 0; i < 48; i++) {
    const at = now - 2 * DAY_MS - i * 1_800_000;
    await metrics.write([{ deviceId: parent, at, polledAt: at, restarted: false, layout, values: Float64Array.of(i) }]);
  }
  await metrics.maintain(now);
  for (let i = 0; i < 300; i++) {
    const at = now - i * 60_000;
    const values = Float64Array.of(i === 7 ? Number.NaN : i / 3);
    await metrics.write([{ deviceId: parent, at, polledAt: at, restarted: false, layout, values }]);
  }
  await createLocalSecretStore({ pg: from.pg, keyFile: join(dir.path, 'key') }).put('credential/1', 'canary-secret');
  await writeBackup({ databaseUrl: from.databaseUrl, file });
});
after(async () => {
  await from.close();
  await dir.remove();
});

/** A fingerprint of every table's rows. */
async function fingerprints(pg: Postgres): Promise<Map<string, string>> {
  const { rows } = await pg.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  const found = new Map<string, string>();
  for (const { name } of rows) {
    const sql = `select count(*) || ':' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as print from ${name} t`;
    const print = await pg.query<{ print: string }>(sql);
    if (name !== 'schema_migrations') found.set(name, print.rows[0]?.print ?? '');
  }
  return found;
}

test('a restored database holds the same rows in the same tables, and goes on counting where the old one stood', async () => {
  const to = await openTestDatabase();
  try {
    const { tables } = await restoreBackup({ databaseUrl: to.databaseUrl, file, force: false });
    assert.ok(tables > 15);
    const [before, restored] = [await fingerprints(from.pg), await fingerprints(to.pg)];
    assert.deepEqual(restored, before);
    assert.match(before.get('device') ?? '', /^2:/);
    assert.ok([...before.keys()].filter((name) => name.startsWith('metric_head_')).length >= 5);
    const device = { name: 'c', address: '10.0.0.3', endpoint: '3', site: null, tags: [], credentialIds: [] };
    const id = await createDeviceStore(to.pg).create({ ...device, collectors: [], parentIds: [] });
    assert.equal(id, 3);
    const metrics = createPackedMetricStore({ pg: to.pg, clock: systemClock, log: silentLog });
    const [series] = await metrics.series({ metric: 'm', limit: 10 });
    assert.ok(series);
    const now = Date.now();
    const range = { series: [series], from: now - 3_600_000, to: now, stepMs: 60_000, fn: 'avg' as const };
    const points = (await metrics.range(range))[0]?.points ?? [];
    assert.ok(points.filter(([, value]) => value !== null).length > 50);
    for (const name of ['metric_packed_day', 'metric_rollup_5m', 'metric_rollup_1h', 'metric_rollup_1d']) {
      assert.match(restored.get(name) ?? '', /^[1-9]/, `${name} is empty`);
    }
    const days = { ...range, from: now - 4 * DAY_MS, stepMs: DAY_MS };
    const original = createPackedMetricStore({ pg: from.pg, clock: systemClock, log: silentLog });
    const dayPoints = (await metrics.range(days))[0]?.points;
    assert.deepEqual(dayPoints, (await original.range(days))[0]?.points);
    assert.ok((dayPoints ?? []).filter(([, value]) => value !== null).length >= 2);
  } finally {
    await to.close();
  }
});

test('a database that holds devices is left alone without --force, and replaced with it', async () => {
  const to = await openTestDatabase();
  try {
    const device = { name: 'kept', address: '10.9.9.9', endpoint: '9', site: null, tags: [], credentialIds: [] };
    await createDeviceStore(to.pg).create({ ...device, collectors: [], parentIds: [] });
    await assert.rejects(restoreBackup({ databaseUrl: to.databaseUrl, file, force: false }), { code: 'conflict' });
    assert.equal((await to.pg.query(`select 1 from device where name = 'kept'`)).rowCount, 1);
    await restoreBackup({ databaseUrl: to.databaseUrl, file, force: true });
    assert.deepEqual(await fingerprints(to.pg), await fingerprints(from.pg));
  } finally {
    await to.close();
  }
});

test('a file that was cut short, changed, or is something else changes nothing and says what it is', async () => {
  const to = await openTestDatabase();
  const bad = join(dir.path, 'bad');
  try {
    const untouched = await fingerprints(to.pg);
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[Math.floor(whole.length / 2)] = (flipped[Math.floor(whole.length / 2)] ?? 0) ^ 0xff;
    const files = [
      whole.subarray(0, -20),
      whole.subarray(0, whole.length / 2),
      flipped,
      Buffer.from('hello'),
      Buffer.alloc(0),
    ];
    for (const content of files) {
      writeFileSync(bad, content);
      const refused = restoreBackup({ databaseUrl: to.databaseUrl, file: bad, force: true });
      await assert.rejects(refused, /not a complete SOTP backup/);
    }
    const absent = restoreBackup({ databaseUrl: to.databaseUrl, file: join(dir.path, 'absent'), force: true });
    await assert.rejects(absent, /absent cannot be read \(ENOENT\)/);
    assert.deepEqual(await fingerprints(to.pg), untouched);
  } finally {
    await to.close();
  }
});

test('secrets are in it only sealed: without the key file they cannot be read', async () => {
  const to = await openTestDatabase();
  try {
    await restoreBackup({ databaseUrl: to.databaseUrl, file, force: false });
    const withKey = createLocalSecretStore({ pg: to.pg, keyFile: join(dir.path, 'key') });
    assert.equal(await withKey.get('credential/1'), 'canary-secret');
    const without = createLocalSecretStore({ pg: to.pg, keyFile: join(dir.path, 'no-key') });
    await assert.rejects(without.get('credential/1'), { code: 'secret_unavailable' });
  } finally {
    await to.close();
  }
});
