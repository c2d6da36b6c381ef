import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSocketAddress } from './address.ts';
import type { SocketAddress } from './address.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeIcmp } from './fake.ts';
import { createPinger } from './pinger.ts';

const plan = { count: 3, spacingMs: 100, timeoutMs: 1000, payloadBytes: 16 };
const NAN = Number.NaN;

function setUp() {
  const clock = createFakeClock();
  const network = createFakeIcmp(() => clock.monotonic());
  const pinger = createPinger(network, clock);
  return { clock, network, pinger };
}
function host(text: string): SocketAddress {
  const address = parseSocketAddress(text);
  assert.ok(address);
  return address;
}

test('round trips are those between the instants of the socket', async () => {
  const { clock, network, pinger } = setUp();
  const outcome = pinger.ping(host('127.0.0.9'), plan);
  for (const roundTrip of [5, 7, 6.5]) {
    await clock.advance(roundTrip === 5 ? 0 : 100);
    const request = network.seen.at(-1);
    assert.ok(request);
    network.reply(request, request.sentAtMs + roundTrip);
  }
  assert.deepEqual([...(await outcome).roundTripsMs], [5, 7, 6.5]);
  assert.equal(network.seen.length, 3);
});

test('a silent host is given up when the last request has timed out', async () => {
  const { clock, pinger } = setUp();
  let done = false;
  const outcome = pinger.ping(host('127.0.0.9'), plan).finally(() => (done = true));
  await clock.advance(1190);
  assert.equal(done, false);
  await clock.advance(11);
  assert.deepEqual(await outcome, { roundTripsMs: Float64Array.of(NAN, NAN, NAN), trouble: null });
});

test('replies of a foreign source, a wrong cookie, a second time or too late count, and change nothing', async () => {
  const { clock, network, pinger } = setUp();
  const outcome = pinger.ping(host('127.0.0.9'), plan);
  await clock.advance(210);
  const [first, second, third] = network.seen;
  assert.ok(first && second && third);
  network.reply(first, 1, () => undefined, host('127.0.0.8').bytes);
  network.reply(first, 1, (reply) => (reply[9] = (reply[9] ?? 0) ^ 1));
  network.reply(first, 1, (reply) => (reply[4] = 0x55));
  network.reply(second, second.sentAtMs + 20);
  network.reply(second, second.sentAtMs + 30);
  network.reply(third, third.sentAtMs + 1001);
  await clock.advance(2000);
  assert.deepEqual([...(await outcome).roundTripsMs], [NAN, 20, NAN]);
  const { forged, unexpected, duplicate, late, received } = pinger.counters;
  assert.deepEqual(
    { forged, unexpected, duplicate, late, received },
    { forged: 2, unexpected: 1, duplicate: 1, late: 1, received: 1 },
  );
});

test('a destination unreachable about our request is told, another is not', async () => {
  const { clock, network, pinger } = setUp();
  const [one, two] = [pinger.ping(host('127.0.0.9'), plan), pinger.ping(host('127.0.0.10'), plan)];
  await clock.advance(1);
  const request = network.seen.find((seen) => seen.address[7] === 9);
  assert.ok(request);
  network.unreachable(request, 3, 1, 8);
  await clock.advance(2000);
  assert.equal((await one).trouble, 'host unreachable');
  assert.equal((await two).trouble, null);
});

test('a send error that belongs to another host is tried again; one that stays is told at once', async () => {
  const { clock, network, pinger } = setUp();
  network.sendErrors.push(113);
  const outcome = pinger.ping(host('127.0.0.9'), { ...plan, count: 1 });
  await clock.advance(0);
  const [request] = network.seen;
  assert.ok(request);
  network.reply(request, request.sentAtMs + 1);
  assert.deepEqual([...(await outcome).roundTripsMs], [1]);

  network.sendErrors.push(101, 101, 101);
  const lost = pinger.ping(host('127.0.0.9'), { ...plan, count: 1 });
  await clock.advance(3);
  assert.equal((await lost).trouble, 'network unreachable: this machine has no route to it');
});

test('an aborted ping throws the reason and leaves its number to others', async () => {
  const { clock, network, pinger } = setUp();
  const abort = new AbortController();
  const outcome = pinger.ping(host('127.0.0.9'), plan, abort.signal);
  await clock.advance(0);
  abort.abort(new Error('deadline'));
  await assert.rejects(outcome, /deadline/);
  const [request] = network.seen;
  assert.ok(request);
  network.reply(request, 1);
  assert.equal(pinger.counters.unexpected, 1);
});

test('IPv6 on a machine without it is no_route', async () => {
  const { pinger } = setUp();
  await assert.rejects(pinger.ping(host('::1'), plan), { code: 'no_route' });
});

test('closing ends what is under way', async () => {
  const { clock, pinger } = setUp();
  const outcome = pinger.ping(host('127.0.0.9'), plan);
  await clock.advance(0);
  pinger.close();
  await assert.rejects(outcome, { code: 'shutting_down' });
});

test('mutated replies never crash, and only an unchanged one is taken', async () => {
  const { clock, network, pinger } = setUp();
  const outcome = pinger.ping(host('127.0.0.9'), { ...plan, count: 1 });
  await clock.advance(0);
  const [request] = network.seen;
  assert.ok(request);
  fc.assert(
    fc.property(fc.nat(23), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      // Octets 2 and 3 are the checksum, which the fake computes anew; behind the cookie the payload says nothing.
      fc.pre(at !== 2 && at !== 3 && at < 16);
      network.reply(request, 1, (reply) => (reply[at] = (reply[at] ?? 0) ^ flip));
      assert.equal(pinger.counters.received, 0);
    }),
    { numRuns: 2000 },
  );
  network.reply(request, 3);
  assert.deepEqual([...(await outcome).roundTripsMs], [3]);
});

test('10,000 silent hosts at once all end, and free their numbers', async () => {
  const { clock, network, pinger } = setUp();
  const outcomes = Promise.all(
    Array.from({ length: 10_000 }, (_, i) => pinger.ping(host(`127.9.${i >> 8}.${i & 255}`), plan)),
  );
  await clock.advance(3000);
  assert.equal((await outcomes).length, 10_000);
  assert.equal(network.seen.length, 30_000);
  const again = pinger.ping(host('127.0.0.9'), plan);
  await clock.advance(3000);
  assert.equal(network.seen.length, 30_003);
  await again;
});
