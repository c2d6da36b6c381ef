import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { encodeMessage } from '#protocols/snmp/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { MAX_REQUEST_ID, MIN_REQUEST_ID } from '#protocols/snmp/request.ts';
import { createIds } from './ids.ts';
import { ipv4 } from './ipv4.ts';
import { createSlots } from './slots.ts';
import type { Slot, Slots } from './slots.ts';
import type { Exchange, Outcome } from './transport.ts';

const endpoint = { address: '192.0.2.1', port: 161, family: 4 } as const;

/** Slots without a socket, under a clock that moves when told. */
function bench(t: TestContext, window: number) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  const sent: { slot: Slot; id: number }[] = [];
  const slots = createSlots({
    clock,
    random: () => 0.5,
    window,
    send: (slot) => void sent.push({ slot, id: slot.id }),
  });
  return {
    slots,
    sent,
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 10) {
        now += 10;
        t.mock.timers.tick(10);
      }
    },
    /** The process stands still; then timers that are due have their turn, once. */
    standStill(ms: number) {
      now += ms;
      t.mock.timers.tick(10);
    },
    answer(id: number, address: string | number = endpoint.address, port: number = endpoint.port) {
      const pdu = { type: PduType.response, requestId: id, errorStatus: 0, errorIndex: 0, varbinds: [] };
      slots.receive(encodeMessage({ version: 1, community: '', pdu }), address, port);
    },
  };
}

function request(change: Partial<Exchange> = {}): Exchange {
  return {
    endpoint,
    signal: new AbortController().signal,
    tries: 2,
    hasAnswered: false,
    timeoutMs: () => 1000,
    render: (_, scratch) => scratch.subarray(0, 10),
    accept: () => null,
    ended: () => undefined,
    failed: () => undefined,
    ...change,
  };
}

/** How it ends, as a promise. */
function exchangeOver(slots: Slots, change: Partial<Exchange> = {}): Promise<Outcome> {
  return new Promise((ended, failed) => slots.exchange(request({ ...change, ended, failed })));
}

test('no more requests than the window are in flight; an answer lets the next one out', async (t) => {
  const { slots, sent, answer } = bench(t, 2);
  const all = [1, 2, 3].map(() => exchangeOver(slots));
  assert.equal(sent.length, 2);
  answer(sent[0]?.id ?? 0);
  assert.equal(sent.length, 3);
  for (const { id } of sent.slice(1)) answer(id);
  for (const outcome of await Promise.all(all)) assert.ok(outcome.answered);
});

test('silent devices do not fill the window for as long as they are waited for', (t) => {
  const { slots, sent, pass } = bench(t, 2);
  for (let i = 0; i < 4; i += 1) slots.exchange(request());
  assert.equal(sent.length, 2);
  pass(500);
  assert.equal(sent.length, 4);
});

test('a request is sent again as often as it may be, then it is silence', async (t) => {
  const { slots, sent, pass } = bench(t, 2);
  const outcome = exchangeOver(slots);
  pass(1010);
  assert.deepEqual([sent.length, sent[1]?.id === sent[0]?.id], [2, true]);
  pass(1010);
  const silence = { answered: false, rttMs: 0, atMs: 1000, attempts: 2, dropped: null, strangerAddress: null };
  assert.deepEqual(await outcome, silence);
});

test('where addresses are numbers, only the one that was asked is heard, and another is told by name', async (t) => {
  const { slots, sent, pass, answer } = bench(t, 2);
  const asked = exchangeOver(slots);
  const never = exchangeOver(slots);
  const [{ slot, id } = { slot: null, id: 0 }, { id: other } = { id: 0 }] = sent;
  if (slot) slot.ip = ipv4(endpoint.address);
  for (const liar of ['192.0.2.2', '192.0.2.0', '0.0.0.0', '255.255.255.255']) answer(id, ipv4(liar));
  answer(id, ipv4(endpoint.address), endpoint.port + 1);
  // It went out over a socket that knows no numbers.
  answer(other, 0);
  answer(other, ipv4(endpoint.address));
  assert.equal(slots.counters.dropped.source, 7);
  answer(id, ipv4(endpoint.address));
  assert.equal((await asked).strangerAddress, `${endpoint.address}:${endpoint.port + 1}`);
  pass(2020);
  assert.equal((await never).answered, false);
});

test('after a hold-up nothing is asked again before answers that came meanwhile are read', async (t) => {
  const { slots, sent, standStill, answer } = bench(t, 1);
  const outcome = exchangeOver(slots);
  standStill(1_500);
  assert.equal(sent.length, 1);
  answer(sent[0]?.id ?? 0);
  assert.equal((await outcome).attempts, 1);
});

test('after a hold-up a poll whose time is over asks no more, one that has time does', async (t) => {
  const { slots, sent, standStill, pass } = bench(t, 2);
  const over = new AbortController();
  const first = exchangeOver(slots, { signal: over.signal });
  void exchangeOver(slots);
  standStill(1_500);
  const reason = new Error('its time is over');
  over.abort(reason);
  pass(10);
  await assert.rejects(first, reason);
  assert.deepEqual(
    sent.map(({ id }) => id - (sent[0]?.id ?? 0)),
    [0, 1, 1],
  );
});

test('a process that is always late asks again all the same', async (t) => {
  const { slots, sent, standStill } = bench(t, 1);
  const outcome = exchangeOver(slots);
  for (let i = 0; i < 10; i += 1) standStill(500);
  assert.equal(sent.length, 2);
  assert.equal((await outcome).answered, false);
});

test('an aborted request ends within a tick, one that waits in line too', async (t) => {
  const { slots, pass } = bench(t, 1);
  const abort = new AbortController();
  const both = [1, 2].map(() => exchangeOver(slots, { signal: abort.signal }));
  const reason = new Error('enough');
  abort.abort(reason);
  pass(10);
  for (const one of both) await assert.rejects(one, reason);
});

test('a request that cannot be sent says why', async (t) => {
  const { slots, sent } = bench(t, 1);
  const outcome = exchangeOver(slots);
  sent[0]?.slot.onSent(Object.assign(new Error('x'), { code: 'ENETUNREACH' }));
  await assert.rejects(outcome, { code: 'no_route' });
});

test('ids stay within four octets, wrap, and remember what became of them', () => {
  const ids = createIds(() => 1 - 2 ** -31);
  const given = Array.from({ length: 10 }, () => ids.next());
  assert.ok(given.every((id) => id >= MIN_REQUEST_ID && id <= MAX_REQUEST_ID));
  assert.ok(given.includes(MIN_REQUEST_ID), 'wrapped');
  const [first = 0, second = 0, third = 0] = given;
  ids.end(first, true);
  ids.end(second, false);
  assert.equal(ids.fateOf(first), 'duplicate');
  assert.equal(ids.fateOf(second), 'late');
  assert.equal(ids.fateOf(third - 100), 'unknown_id');
  assert.equal(ids.fateOf(-5), 'unknown_id');
});
