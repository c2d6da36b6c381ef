import { test } from 'node:test';
import assert from 'node:assert/strict';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { OpenCollector, PollResult, Target } from '#collectors/collector.ts';
import { createIcmpCollector, icmpCollector, IcmpSettings } from './collector.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeIcmp } from './fake.ts';

const quick = IcmpSettings.parse({ count: 3, spacingMs: 5, timeoutMs: 300 });
const target = (address: string, deviceId = 1): Target => ({ deviceId, address, credentials: [] });
const context = () => ({ signal: new AbortController().signal, budgetMs: 5000, at: Date.now() });

function values(result: PollResult): Record<string, number | undefined> {
  const [set] = result.samples;
  assert.ok(set);
  return Object.fromEntries(set.layout.series.map((series, i) => [series.metric, set.values[i]]));
}

test('settings have defaults and refuse what they do not know', () => {
  assert.deepEqual(IcmpSettings.parse({}), { count: 5, spacingMs: 200, timeoutMs: 1000, payloadBytes: 56 });
  assert.equal(IcmpSettings.safeParse({ packets: 3 }).success, false);
});

test('a device that is silent is a measured loss of 100 percent with the fault no_answer', async () => {
  const clock = createFakeClock();
  const collector = createIcmpCollector(
    createFakeIcmp(() => clock.monotonic()),
    { log: silentLog, clock },
  );
  const polling = collector.poll(target('127.0.0.9'), IcmpSettings.parse({}), context());
  await clock.advance(3000);
  const result = await polling;
  assert.deepEqual(values(result), { icmp_rtt_ms: Number.NaN, icmp_loss_percent: 100, icmp_jitter_ms: Number.NaN });
  assert.deepEqual(result.faults, [
    { code: 'no_answer', message: '127.0.0.9 did not answer 5 echo requests within 1 s each' },
  ]);
  const checking = collector.check(target('127.0.0.9'), IcmpSettings.parse({}), context());
  await clock.advance(3000);
  const [check] = await checking;
  assert.equal(check?.ok, false);
  assert.equal(check.code, 'no_answer');
});

test('a poll ends within its budget, with as many requests', async () => {
  const clock = createFakeClock();
  const network = createFakeIcmp(() => clock.monotonic());
  const collector = createIcmpCollector(network, { log: silentLog, clock });
  const settings = IcmpSettings.parse({ count: 20, spacingMs: 1000, timeoutMs: 2000 });
  const polling = collector.poll(target('127.0.0.9'), settings, { ...context(), budgetMs: 4000 });
  await clock.advance(4000);
  await polling;
  assert.equal(network.seen.length, 20);
});

/** The real collector, or undefined where this machine allows no ICMP; then the reason is printed. */
async function open(t: { skip(reason: string): void; after(fn: () => Promise<void>): void }) {
  try {
    const collector: OpenCollector<IcmpSettings> = await icmpCollector.open({ log: silentLog, clock: systemClock });
    t.after(() => collector.close());
    return collector;
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'icmp_not_permitted') throw thrown;
    t.skip(thrown.message);
    return undefined;
  }
}

test('the loopback answers over IPv4 and IPv6, by name too', async (t) => {
  const collector = await open(t);
  if (!collector) return;
  for (const address of ['127.0.0.1', '::1', 'localhost']) {
    const result = await collector.poll(target(address), quick, context());
    const {
      icmp_rtt_ms: rtt = Number.NaN,
      icmp_loss_percent: loss,
      icmp_jitter_ms: jitter = Number.NaN,
    } = values(result);
    assert.equal(loss, 0, address);
    assert.ok(rtt >= 0 && rtt < 300, `${address} ${rtt}`);
    assert.ok(jitter >= 0);
    assert.deepEqual(result.faults, []);
  }
  const [check] = await collector.check(target('127.0.0.1'), quick, context());
  assert.equal(check?.ok, true);
  assert.match(check.message, /^127\.0\.0\.1 answers to ping in /);
});

test('1,000 addresses at once lose nothing', async (t) => {
  const collector = await open(t);
  if (!collector) return;
  const results = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => collector.poll(target(`127.77.${i >> 8}.${i & 255}`, i), quick, context())),
  );
  assert.equal(results.filter((result) => values(result)['icmp_loss_percent'] === 0).length, 1000);
  assert.equal(collector.metrics()['icmp_reply_accepted_total'], 3000);
  assert.equal(collector.metrics()['icmp_reply_dropped_total{reason="kernel_buffer_full"}'], 0);
});

test('a busy event loop does not look like a slow network', async (t) => {
  const collector = await open(t);
  if (!collector) return;
  const polling = collector.poll(target('127.0.0.1'), { ...quick, count: 5, spacingMs: 10 }, context());
  const blocking = setInterval(() => {
    const until = performance.now() + 40;
    while (performance.now() < until);
  }, 1);
  const result = await polling;
  clearInterval(blocking);
  const { icmp_rtt_ms: rtt = Number.NaN } = values(result);
  assert.ok(rtt < 10, `round trip ${rtt} ms while the loop was blocked 40 ms at a time`);
});

test('a name without address is address_unresolvable', async (t) => {
  const collector = await open(t);
  if (!collector) return;
  await assert.rejects(collector.poll(target('no-such-host.invalid'), quick, context()), {
    code: 'address_unresolvable',
  });
});
