import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import type { Beat, LeaseStore } from './leases.ts';
import { createPostgresLeaderLock } from './postgres-leader.ts';
import { createPostgresLeases } from './postgres.ts';

let db: TestDatabase;
let leases: LeaseStore;
before(async () => {
  db = await openTestDatabase();
  leases = createPostgresLeases(db.pg);
});
beforeEach(async () => {
  await db.pg.query('truncate worker_member, partition_lease, schedule_head, site_zone, fleet restart identity');
});
after(() => db.close());

const TTL_MS = 15_000;
const member = (id: string, sites: string[] | null = null) => ({ id, host: 'here', pid: 1, name: id, sites });
const beat = (id: string, partitions = 4) => leases.beat(member(id), partitions, TTL_MS);
const beatAt = (id: string, ...sites: string[]) => leases.beat(member(id, sites), 4, TTL_MS);
const from = (answer: Beat) => answer.held.map((lease) => lease.from);
const held = (answer: Beat) => answer.held.map(({ partition }) => partition);

/** Lets time pass for what is in the tables. */
async function age(ms: number, id?: string): Promise<void> {
  const gone = `${ms} * interval '1 millisecond'`;
  await db.pg.query(`update worker_member set seen_until = seen_until - ${gone} where $1::text is null or id = $1`, [
    id ?? null,
  ]);
  await db.pg.query(
    `update partition_lease set lease_until = lease_until - ${gone} where $1::text is null or holder = $1`,
    [id ?? null],
  );
}

test('one member holds everything; a second one gets its half once the first gives it back', async () => {
  assert.deepEqual(held(await beat('a')), [0, 1, 2, 3]);
  assert.deepEqual(held(await beat('b')), []);
  const first = await beat('a');
  assert.deepEqual([first.share, first.members], [2, 2]);
  await leases.release('a', [2, 3]);
  assert.deepEqual(held(await beat('b')), [2, 3]);
  assert.deepEqual(held(await beat('a')), [0, 1]);
});

test('shares add up to all partitions, whatever the number of members', async () => {
  for (const [members, partitions] of [
    [3, 4],
    [5, 16],
    [7, 4],
  ] as const) {
    await db.pg.query('truncate worker_member, partition_lease');
    const names = Array.from({ length: members }, (_, i) => `m${i}`);
    for (const name of names) await beat(name, partitions);
    const shares = await Promise.all(names.map(async (name) => (await beat(name, partitions)).share));
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      partitions,
    );
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
  }
});

test('no partition is ever held by two, however many beat at once', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `m${i}`);
  const answers = await Promise.all(names.map((name) => beat(name, 32)));
  const all = answers.flatMap(held);
  assert.equal(new Set(all).size, all.length);
});

test('the partitions of a silent member go to others when its lease has ended, with a new term', async () => {
  const first = await beat('a');
  await beat('b');
  await age(TTL_MS + 1, 'a');
  const second = await beat('b');
  assert.deepEqual(held(second), [0, 1, 2, 3]);
  assert.equal(second.held[0]?.term, (first.held[0]?.term ?? 0) + 1);
  assert.deepEqual(
    await leases.terms(),
    second.held.map(({ partition, term }) => ({ partition, term })),
  );
});

test('a database that was away for long leaves every holder what it had', async () => {
  await beat('a');
  await beat('b');
  await leases.release('a', [2, 3]);
  await beat('b');
  await age(3_600_000);
  const back = await beat('b');
  assert.deepEqual(held(back), [2, 3]);
  assert.deepEqual(held(await beat('a')), [0, 1]);
  assert.deepEqual(
    (await leases.terms()).map(({ term }) => term),
    [1, 1, 2, 2],
  );
});

test('whoever did not come back after such an outage loses his part one lease later', async () => {
  await beat('a');
  await beat('b');
  await age(3_600_000);
  await beat('b');
  await age(TTL_MS + 1, 'a');
  assert.deepEqual(held(await beat('b')), [0, 1, 2, 3]);
});

test('the slots before a takeover stay the former holder’s', async () => {
  const near = (instant: number | undefined) => assert.ok(Math.abs((instant ?? 0) - Date.now()) < 5_000);
  assert.deepEqual(from(await beat('a')), [0, 0, 0, 0]);
  await beat('b');
  await leases.release('a', [2, 3]);
  await age(60_000);
  // Given back a while ago, and taken only now: what came due meanwhile is the new holder's.
  for (const instant of from(await beat('b'))) assert.ok(instant > 0 && instant < Date.now() - 30_000);
  await age(TTL_MS + 1, 'a');
  near(from(await beat('b'))[0]);
  await leases.leave('b');
  for (const instant of from(await beat('c'))) near(instant);
});

test('leaving frees everything at once', async () => {
  await beat('a');
  await leases.leave('a');
  assert.deepEqual(held(await beat('b')), [0, 1, 2, 3]);
  assert.deepEqual(await leases.members(), [member('b')]);
});

test('a collector pinned to a site holds the partitions of its zone and nothing else; others hold none of them', async () => {
  assert.deepEqual(held(await beatAt('far', 'Oslo')), [1_000, 1_001]);
  assert.deepEqual(held(await beat('near')), [0, 1, 2, 3]);
  const second = await beatAt('far2', 'Oslo', 'Bergen');
  assert.deepEqual(held(second), [2_000, 2_001]);
  const first = await beatAt('far', 'Oslo');
  assert.deepEqual(first.excess, [1_001]);
  await leases.release('far', [1_001]);
  assert.deepEqual(held(await beatAt('far2', 'Oslo', 'Bergen')), [1_001, 2_000, 2_001]);
  assert.deepEqual(
    (await leases.heldNow()).toSorted((a, b) => a - b),
    [0, 1, 2, 3, 1_000, 1_001, 2_000, 2_001],
  );
});

test('a zone outlives its collectors, until an operator dissolves it', async () => {
  await beatAt('far', 'Oslo');
  await beat('near');
  assert.deepEqual(await leases.zoneOf('Oslo'), { zone: 1, served: true });
  await assert.rejects(leases.dissolveZone('Oslo'), { code: 'conflict' });
  await leases.leave('far');
  assert.deepEqual(await leases.zoneOf('Oslo'), { zone: 1, served: false });
  assert.deepEqual(await leases.zones(), [{ zone: 1, site: 'Oslo', devices: 0, collectors: 0 }]);
  assert.equal(await leases.dissolveZone('Oslo'), true);
  assert.equal(await leases.dissolveZone('Oslo'), false);
  assert.deepEqual(await leases.zoneOf('Oslo'), { zone: 0, served: true });
});

test('what the hubs plan for reaches whoever beats', async () => {
  assert.equal((await beat('a')).partitions, null);
  await leases.agree(16);
  assert.equal(await leases.agreed(), 16);
  assert.equal((await beat('a')).partitions, 16);
});

test('one leads, and the next one can when its connection ends', async () => {
  const [one, two] = [createPostgresLeaderLock(db.pg), createPostgresLeaderLock(db.pg)];
  const lead = await one.tryLead();
  assert.ok(lead);
  assert.equal(await two.tryLead(), undefined);
  assert.equal(await lead.plannedUntil(), null);
  const now = await lead.advance(1_800_000_000_000);
  assert.ok(Math.abs(now - Date.now()) < 5_000);
  await db.pg.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 7362003 and granted`,
  );
  await lead.lost;
  const next = await two.tryLead();
  assert.equal(await next?.plannedUntil(), 1_800_000_000_000);
  await next?.release();
  await one.close();
  await two.close();
});
