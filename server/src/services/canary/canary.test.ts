import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { StoredAlert } from '#stores/alerts/alerts.ts';
import type { CanarySample } from '#stores/canary/canary.ts';
import type { LineAnswer } from '#stores/logs/logs.ts';
import { createCanary } from './canary.ts';

const S = 1_000;

interface Stored extends CanarySample {
  readonly storedAt: number;
}

/** A canary over stores that are lists: what was sent is there when it is stored. */
async function world(t: TestContext) {
  const clock = createFakeClock();
  const state = { leads: true, away: false, samples: [] as Stored[], boot: 1, sequence: 0, delayMs: 300 };
  const canary = createCanary({
    settings: { enabled: 'yes', maxLossPercent: 1, maxLatencySeconds: 10 },
    reader: {
      async read(from, to) {
        if (state.away) throw new Error('the database is away');
        const now = clock.now();
        const samples = state.samples.filter(
          ({ storedAt, sentAt }) => storedAt <= now && sentAt >= from && sentAt < to,
        );
        return { samples, now };
      },
    },
    logs: { search: async (): Promise<LineAnswer> => ({ lines: [], next: undefined }) },
    leads: () => state.leads,
    senders: () => ['a/1'],
    clock,
    log: silentLog,
    random: () => 0.5,
  });
  await canary.start();
  t.after(async () => {
    const stopped = canary.stop();
    await clock.advance(2 * S);
    await stopped;
  });
  /** A second for each; what `keeps` refuses is lost on the way. */
  async function sing(seconds: number, keeps: (sequence: number) => boolean = () => true) {
    for (let i = 0; i < seconds; i++) {
      const sequence = state.sequence++;
      const sentAt = clock.now();
      const storedAt = state.away ? Number.POSITIVE_INFINITY : sentAt + state.delayMs;
      if (keeps(sequence)) state.samples.push({ collector: 'a/1', boot: state.boot, sequence, sentAt, storedAt });
      await clock.advance(S);
    }
  }
  /** The database comes back, and all that waited is stored at once. */
  function back() {
    state.away = false;
    const now = clock.now();
    state.samples = state.samples.map((one) => ({ ...one, storedAt: Math.min(one.storedAt, now) }));
  }
  const found = async () => ((await canary.conditions.look([])) ?? []).map(({ code, subject }) => `${code} ${subject}`);
  const figure = (name: string) => canary.counters()[name];
  return { canary, clock, state, sing, back, found, figure };
}

test('one sample of a hundred that is lost is found within a minute, and none before that', async (t) => {
  const { sing, found, figure } = await world(t);
  await sing(100);
  assert.deepEqual(
    (await found()).filter((one) => one.startsWith('canary_loss')),
    [],
  );
  await sing(1, () => false);
  let seconds = 0;
  for (; !(await found()).includes('canary_loss metric a/1') && seconds < 60; seconds++) await sing(1);
  assert.ok(seconds >= 20 && seconds <= 25, String(seconds));
  assert.equal(figure('canary_lost_total{path="metric"}'), 1);
  await sing(120);
  assert.ok(!(await found()).includes('canary_loss metric a/1'), 'a minute later it is history');
  assert.equal(figure('canary_lost_last_hour{path="metric"}'), 1);
});

test('a database that is away for a quarter of an hour makes canaries late, and loses none', async (t) => {
  const { state, sing, back, found, figure } = await world(t);
  await sing(60);
  state.away = true;
  await sing(900);
  assert.ok((await found()).includes('canary_latency metric a/1'), 'nothing has come through for so long');
  back();
  await sing(60);
  assert.equal(figure('canary_lost_total{path="metric"}'), 0);
  assert.equal(figure('canary_seen_total{path="metric"}'), 60 + 900 + 60);
  assert.ok((await found()).includes('canary_latency metric'));
  await sing(120);
  assert.deepEqual(
    (await found()).filter((one) => one.includes('metric')),
    [],
  );
});

for (const anew of [true, false]) {
  test(`what waited while its own collector ${anew ? 'was started anew' : 'stood still'} was not slow on the way`, async (t) => {
    const { clock, state, sing, back, found, figure } = await world(t);
    await sing(60);
    // The last few are on its disk when it ends, and come when it is there again.
    state.away = true;
    await sing(5);
    await clock.advance(40 * S);
    if (anew) Object.assign(state, { boot: clock.now(), sequence: 0 });
    back();
    for (let i = 0; i < 12; i++) {
      await sing(10);
      assert.deepEqual(
        (await found()).filter((one) => one.startsWith('canary_latency metric')),
        [],
      );
    }
    assert.equal(figure('canary_lost_total{path="metric"}'), 0);
    assert.ok(figure('canary_latency_ms{path="metric",quantile="0.99"}')! < 8_000);
    // Slow is slow, also after that.
    state.delayMs = 15_000;
    await sing(60);
    assert.ok((await found()).includes('canary_latency metric'));
  });
}

test('a hub that has just started does not take for slow what was there before it', async (t) => {
  const { canary, clock, state, sing, found } = await world(t);
  state.leads = false;
  await sing(60);
  state.leads = true;
  for (let i = 0; i < 6; i++) {
    await sing(10);
    assert.deepEqual(
      (await found()).filter((one) => one.startsWith('canary_latency metric')),
      [],
    );
  }
  await clock.advance(0);
  assert.ok(canary.counters()['canary_latency_ms{path="metric",quantile="0.99"}']! < 5_000);
});

test('a hub that takes the lead begins with what comes then, and says nothing before it has seen enough', async (t) => {
  const { canary, state, sing, figure } = await world(t);
  state.leads = false;
  await sing(100, (sequence) => sequence % 10 !== 0);
  assert.equal(await canary.conditions.look([]), null);
  assert.deepEqual(canary.counters(), {});
  state.leads = true;
  await sing(20);
  assert.equal(await canary.conditions.look([]), null);
  await sing(60);
  assert.ok(figure('canary_lost_total{path="metric"}')! <= 2, 'of the 20 s before only');
});

test('an alert that is heard of has its latency; one that fired and is not heard of for two minutes is lost', async (t) => {
  const { canary, clock, sing, figure } = await world(t);
  const { alert } = canary;
  await sing(2);
  const look = async (open: Partial<StoredAlert>[] = []) => (await alert.source.look(open as StoredAlert[])) ?? [];
  const [first] = await look();
  assert.equal(first?.truth, 'holds');
  await clock.advance(1_500);
  alert.heard('fired', first.subject);
  alert.heard('resolved', first.subject);
  assert.deepEqual(await look(), []);
  assert.equal(figure('canary_seen_total{path="alert"}'), 1);
  await clock.advance(60 * S);
  const [second] = await look();
  assert.ok(second && second.subject !== first.subject);
  await clock.advance(130 * S);
  assert.equal((await look()).length, 1, 'not written yet: late');
  assert.equal((await look([{ state: 'firing', subject: second.subject }])).length, 0);
  assert.equal(figure('canary_lost_total{path="alert"}'), 1);
  alert.heard('fired', second.subject);
  assert.equal(figure('canary_seen_total{path="alert"}'), 1);
});
