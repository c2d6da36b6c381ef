import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { lineOf } from '#stores/logs/testing.ts';
import { decodePush, decodeTimes, startFakeLoki } from './fake-loki.ts';
import type { PushAnswer } from './fake-loki.ts';
import { createLokiLogStore } from './loki.ts';
import { encodePush } from './push-body.ts';
import type { PushStream } from './push-body.ts';

const T0 = 1_795_000_000_000;

/** A store whose Loki answers pushes so, and what was pushed. */
async function openStore(answer: (streams: PushStream[]) => PushAnswer) {
  const pushed: PushStream[][] = [];
  const fake = await startFakeLoki((streams) => {
    pushed.push(streams);
    return answer(streams);
  });
  const store = createLokiLogStore({ loki: { url: fake.url }, writer: 'host/1', clock: systemClock, log: silentLog });
  return { store, pushed, close: fake.close };
}

test('a push reads back as it was written', () => {
  const entry = fc.record(
    {
      ms: fc.integer({ min: 0, max: 4e12 }),
      nanos: fc.integer({ min: 1, max: 999_999 }),
      line: fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed()),
      metadata: fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ maxLength: 300 })), { maxLength: 4 }),
    },
    { noNullPrototype: true },
  );
  const stream = fc.record(
    { labels: fc.string({ minLength: 1 }), entries: fc.array(entry, { maxLength: 6 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 4 }), (streams) => {
      const body = encodePush(streams);
      assert.deepEqual(decodePush(body), streams);
      const times = streams.map(({ labels, entries }) => ({ labels, times: entries.map(({ ms }) => ms) }));
      assert.deepEqual(decodeTimes(body), times);
    }),
  );
  const long = [{ labels: '{a="b"}', entries: [{ ms: 1, nanos: 2, line: 'x'.repeat(200_000), metadata: [] }] }];
  assert.deepEqual(decodePush(encodePush(long)), long);
});

test('lines go into streams of few labels, oldest first, and the same batch makes the same entries', async () => {
  const { store, pushed, close } = await openStore(() => ({ status: 204 }));
  const lines = Array.from({ length: 40 }, (_, i) =>
    lineOf(`line ${i}`, { receivedAt: T0 + Math.floor(i / 4), deviceId: i % 2, severity: 6, app: `app${i}` }),
  );
  const packed = store.pack(lines);
  assert.equal(await store.write(packed), 0);
  await store.write(store.decode(store.encode(packed)));
  await close();
  assert.deepEqual(pushed[0], pushed[1]);
  assert.deepEqual(
    pushed[0]?.map(({ labels }) => labels),
    ['0', '1'].map(
      (id) => `{collector="host/1", device="${id}", service_name="sotp", severity="info", source="syslog"}`,
    ),
  );
  for (const { entries } of pushed[0] ?? []) {
    const order = entries.map(({ ms, nanos }) => ms * 1e6 + nanos);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(entries.map(({ ms, nanos }) => `${ms}.${nanos}`)).size, entries.length);
  }
});

test('a Loki that is busy or broken is asked again, when it says', async () => {
  const answers: PushAnswer[] = [
    { status: 429, body: 'ingestion rate limit exceeded', headers: { 'retry-after': '7' } },
    { status: 503 },
    { status: 500, body: 'empty ring' },
    { status: 401, body: 'no org id' },
  ];
  for (const answer of answers) {
    const { store, close } = await openStore(() => answer);
    await assert.rejects(store.write(store.pack([lineOf('x', { receivedAt: T0 })])), (error) => {
      assert.ok(error instanceof AppError);
      assert.deepEqual([error.code, error.retryable], ['log_store_unavailable', true]);
      assert.equal(error.retryAfterMs, answer.headers ? 7_000 : 0);
      assert.match(error.message, new RegExp(answer.body ?? String(answer.status)));
      return true;
    });
    await close();
    await assert.rejects(store.write(store.pack([lineOf('x')])), { code: 'log_store_unavailable', retryable: true });
  }
});

test('lines that Loki refuses for good are counted to the line, and the others are stored once', async () => {
  const taken = new Map<string, number>();
  const { store, close } = await openStore((streams) => {
    let refused = 0;
    for (const { labels, entries } of streams) {
      for (const { line, ms, nanos } of entries) {
        if (line.includes('too old')) refused++;
        else taken.set(`${labels} ${ms}.${nanos} ${line}`, 1);
      }
    }
    return refused > 0 ? { status: 400, body: 'entry has timestamp too old' } : { status: 204 };
  });
  const lines = Array.from({ length: 500 }, (_, i) =>
    lineOf(i % 71 === 3 ? `too old ${i}` : `good ${i}`, { receivedAt: T0 + i, deviceId: i % 3 }),
  );
  assert.equal(await store.write(store.pack(lines)), 7);
  assert.equal(taken.size, 493);
  await close();
});

test('a batch of long lines goes in several requests', async () => {
  const { store, pushed, close } = await openStore(() => ({ status: 204 }));
  await store.write(
    store.pack(Array.from({ length: 50 }, (_, i) => lineOf(`${i} ${'y'.repeat(60_000)}`, { receivedAt: T0 + i }))),
  );
  await close();
  assert.ok(pushed.length >= 3);
  assert.equal(
    pushed.flat().reduce((sum, { entries }) => sum + entries.length, 0),
    50,
  );
});
