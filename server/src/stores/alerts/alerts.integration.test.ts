import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { AlertChange } from './alerts.ts';
import { CANARY_CODE } from './alerts.ts';
import { createAlertStore } from './postgres.ts';
import { createChannelStore } from './postgres-channels.ts';
import { createOutbox } from './postgres-outbox.ts';

const HOUR = 3_600_000;
const words = { rule: 'R', severity: 'warning', summary: 's', remedy: 'r', href: null } as const;
const fired = (code: string, subject: string, at: number): AlertChange => ({
  code,
  subject,
  before: undefined,
  next: { phase: 'firing', since: at, firedAt: at, clearSince: null },
  transition: 'fired',
  words,
  at,
});

test('alerts of the canary go to its own channel only, are in no list, and are forgotten after an hour', async (t) => {
  const { pg, close } = await openTestDatabase();
  t.after(close);
  const [store, channels, outbox] = [createAlertStore(pg), createChannelStore(pg), createOutbox(pg)];
  await channels.create({ name: 'ops', kind: 'webhook', target: 'https://example.net', enabled: true });
  const now = Date.now();
  const [canary] = await store.commit([fired(CANARY_CODE, '1', now - 2 * HOUR)]);
  await store.commit([fired('spool_full', 'a', now)]);
  const due = await outbox.claim(now, 60_000, []);
  assert.deepEqual(due.map(({ kind, payload }) => [kind, payload.code]).toSorted(), [
    ['canary', CANARY_CODE],
    ['webhook', 'spool_full'],
  ]);
  assert.deepEqual(await outbox.claim(now, 60_000, []), [], 'what one has claimed no other gets');
  for (const { id } of due) await outbox.settle(id, { sent: true, at: now });
  const over: AlertChange = { ...fired(CANARY_CODE, '1', now - 2 * HOUR), before: canary, next: { phase: 'quiet' } };
  await store.commit([{ ...over, transition: 'resolved' }]);
  assert.deepEqual(
    (await store.list({ limit: 10 })).map(({ code }) => code),
    ['spool_full'],
  );
  assert.deepEqual(
    (await outbox.list({ limit: 10 })).map(({ payload }) => payload.code),
    ['spool_full'],
  );
  assert.deepEqual(await channels.list(0, 10).then((all) => all.map(({ name }) => name)), ['ops']);
  await store.prune(now - 90 * 24 * HOUR, now);
  const left = await pg.query<{ code: string }>('select code from alert');
  assert.deepEqual(left.rows, [{ code: 'spool_full' }]);
});

test('what waits for a channel that is switched off is given up after a day, and what a dead sender had is taken again', async (t) => {
  const { pg, close } = await openTestDatabase();
  t.after(close);
  const [store, channels, outbox] = [createAlertStore(pg), createChannelStore(pg), createOutbox(pg)];
  const { id } = await channels.create({ name: 'ops', kind: 'webhook', target: 'https://example.net', enabled: true });
  const now = Date.now();
  await store.commit([fired('spool_full', 'a', now - 26 * HOUR)]);
  assert.equal((await outbox.claim(now, 1_000, [])).length, 1);
  assert.equal((await outbox.claim(now + 999, 1_000, [])).length, 0);
  const [again] = await outbox.claim(now + 1_000, 1_000, []);
  assert.equal(again?.attempts, 2);
  await channels.update(id, { enabled: false });
  assert.deepEqual(await outbox.claim(now + 60_000, 1_000, []), []);
  await store.prune(now - 90 * 24 * HOUR, now);
  assert.deepEqual(
    (await outbox.list({ limit: 10 })).map(({ state, error }) => [state, error]),
    [['dead', 'Its channel was switched off for a day.']],
  );
});
