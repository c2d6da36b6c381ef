import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createCutOff, PROBE_MS, RARE_PROBE_MS } from './cut-off.ts';

const LEASE_MS = 15_000;

function world() {
  const clock = createFakeClock();
  const state = { checks: 0 };
  const cutOff = createCutOff({ clock, check: () => void state.checks++, leaseMs: LEASE_MS });
  return { clock, state, cutOff, now: () => clock.monotonic() };
}

test('where the database refuses, its machine is there: polling goes on', async () => {
  const { clock, cutOff, now } = world();
  assert.equal(cutOff.mayPoll(), false, 'nobody has tried yet');
  cutOff.tried(now(), 'away');
  for (let i = 0; i < 10; i++) cutOff.note(false, true, now());
  assert.equal(cutOff.mayPoll(), true, 'whatever the devices do');
  await clock.advance(LEASE_MS + 1);
  assert.equal(cutOff.mayPoll(), false, 'what was so long ago says nothing');
});

test('one that takes connections and does not answer hangs for everybody, if that is all there was', async () => {
  const { clock, cutOff, now } = world();
  cutOff.tried(now(), 'renewed');
  cutOff.tried(now(), 'hangs');
  assert.equal(cutOff.mayPoll(), false, 'one try is no proof');
  await clock.advance(4_000);
  cutOff.tried(now(), 'hangs');
  assert.equal(cutOff.mayPoll(), true);
  cutOff.tried(now(), 'out_of_reach');
  cutOff.tried(now(), 'hangs');
  assert.equal(cutOff.mayPoll(), false, 'meanwhile somebody may have taken what we held');
  await clock.advance(9_000);
  assert.equal(cutOff.mayPoll(), false, 'one try is no proof, however long ago');
  cutOff.tried(now(), 'hangs');
  assert.equal(cutOff.mayPoll(), true, 'nobody could have renewed all that time');
  cutOff.tried(now(), 'unsure');
  cutOff.tried(now(), 'away');
  await clock.advance(9_000);
  cutOff.tried(now(), 'hangs');
  assert.equal(cutOff.mayPoll(), true);
});

test('where nothing answers at the database’s, a device that does is asked for first, and then the database once more', async () => {
  const { clock, state, cutOff, now } = world();
  const begunBefore = now();
  await clock.advance(1_000);
  const attempt = now();
  await clock.advance(3_000);
  cutOff.tried(attempt, 'out_of_reach');
  cutOff.note(true, false, begunBefore);
  assert.equal(state.checks, 0, 'an answer from before the silence proves nothing');
  cutOff.note(true, false, attempt + 10);
  assert.equal(state.checks, 1);
  cutOff.tried(attempt + 20, 'out_of_reach');
  assert.equal(cutOff.mayPoll(), false, 'an attempt that had begun before the answer proves nothing');
  await clock.advance(10);
  cutOff.tried(now(), 'out_of_reach');
  assert.equal(cutOff.mayPoll(), true);
  for (let i = 0; i < 3; i++) cutOff.note(false, true, now());
  assert.equal(cutOff.mayPoll(), false, 'now it may be the network as well');
  cutOff.tried(now(), 'renewed');
  assert.equal(cutOff.mayPoll(), false, 'whoever can renew needs no other leave');
});

test('devices that were silent before say nothing about the network', async () => {
  const { clock, cutOff, now } = world();
  cutOff.tried(now(), 'out_of_reach');
  cutOff.note(true, false, now());
  await clock.advance(1);
  cutOff.tried(now(), 'out_of_reach');
  for (let i = 0; i < 10; i++) cutOff.note(false, false, now());
  assert.equal(cutOff.mayPoll(), true);
});

for (const [how, fresh, everyMs] of [
  ['no device was polled meanwhile, some are tried every half minute', false, PROBE_MS],
  ['devices fell silent as well, some are tried every five minutes', true, RARE_PROBE_MS],
] as const) {
  test(`where ${how}`, async () => {
    const { clock, cutOff, now } = world();
    cutOff.tried(now(), 'out_of_reach');
    if (fresh) cutOff.note(false, true, now());
    assert.equal(cutOff.mayPoll(), false);
    for (let i = 0; i < 2; i++) {
      await clock.advance(everyMs - (i === 0 ? 1 : 201));
      cutOff.tried(now(), 'out_of_reach');
      assert.equal(cutOff.mayPoll(), false);
      await clock.advance(1);
      assert.equal(cutOff.mayPoll(), true);
      await clock.advance(200);
      assert.equal(cutOff.mayPoll(), false);
    }
  });
}

test('who stood still, or whose lease ended without an attempt, does not poll', async () => {
  const { cutOff, now } = world();
  cutOff.tried(now(), 'away');
  cutOff.tried(now(), 'unsure');
  assert.equal(cutOff.mayPoll(), false);
});

/** One second of a collector: it polls a device, and now and then tries to renew. */
interface Second {
  readonly polls: boolean;
  readonly tries: boolean;
  /** How long the attempt takes to end when nothing answers, ms. */
  readonly waitMs: number;
  readonly hangs: boolean;
  readonly stallMs: number;
}

test('however a cut falls, no poll goes out between the end of the cut and the first attempt to renew after it', async () => {
  const second = fc.record({
    polls: fc.boolean(),
    tries: fc.boolean(),
    waitMs: fc.integer({ min: 0, max: 4_200 }),
    /** After the cut the database may have too much to do to answer. */
    hangs: fc.boolean(),
    stallMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })),
  });
  const story = fc.record({
    cutAfterMs: fc.integer({ min: 1, max: 5_000 }),
    cutMs: fc.integer({ min: 5_000, max: 40_000 }),
    seconds: fc.array(second, { minLength: 60, maxLength: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ cutAfterMs, cutMs, seconds }) => {
      const clock = createFakeClock();
      const now = () => clock.monotonic();
      const cutOff = createCutOff({ clock, check: () => undefined, leaseMs: LEASE_MS });
      cutOff.tried(now(), 'renewed');
      const from = now() + cutAfterMs;
      const to = from + cutMs;
      const isCut = (at: number) => at >= from && at < to;
      let renewed = false;
      let firstRefusal: number | undefined;
      const pending: { readonly at: number; readonly begunAt: number }[] = [];
      const under = (s: Second) => {
        for (const one of pending.splice(0)) {
          if (one.at > now()) pending.push(one);
          else cutOff.tried(one.begunAt, 'out_of_reach');
        }
        if (s.tries) {
          // One that began in the cut may end after it; it failed because of the cut all the same.
          if (isCut(now())) pending.push({ at: now() + s.waitMs, begunAt: now() });
          else if (s.hangs && now() >= to && now() < to + 3_000) {
            cutOff.tried(now(), 'hangs');
          } else {
            cutOff.tried(now(), 'renewed');
            renewed = now() >= to;
          }
        }
        if (!s.polls || renewed) return;
        const may = cutOff.mayPoll();
        if (!may) firstRefusal ??= now();
        const probing = firstRefusal !== undefined && now() - firstRefusal >= PROBE_MS;
        const leased = now() < 14_500;
        if (now() >= to && !leased && !probing) assert.equal(may, false, `polled ${now() - to} ms after the cut`);
        if (may || leased) cutOff.note(!isCut(now()), true, now());
      };
      for (const s of seconds) {
        under(s);
        await clock.advance(1_000 + s.stallMs);
      }
    }),
    { numRuns: 300 },
  );
});
