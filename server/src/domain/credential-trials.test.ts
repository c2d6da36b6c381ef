import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MOST_OTHERS, MOST_PER_ACCOUNT, NO_TRIALS, afterRound, planRound } from './credential-trials.ts';
import type { TrialCandidate, Trials } from './credential-trials.ts';

const community = (id: string): TrialCandidate => ({ id, credential: id, account: null });
const user = (id: string, account: string): TrialCandidate => ({ id, credential: id, account });
const ids = (round: readonly TrialCandidate[]) => round.map(({ id }) => id);
const NONE: ReadonlySet<string> = new Set();

test('the one that answered last is asked first, then the others in the order of the operator', () => {
  const all = ['a', 'b', 'c'].map(community);
  assert.deepEqual(ids(planRound(all, undefined, NO_TRIALS, 0)), ['a', 'b', 'c']);
  assert.deepEqual(ids(planRound(all, 'c', NO_TRIALS, 0)), ['c', 'a', 'b']);
});

test('between rounds only the usual one is asked, with the other secret of its credential', () => {
  const old = { id: '1.1', credential: '1', account: 'u' };
  const next = { id: '1.2', credential: '1', account: 'u' };
  const trials = afterRound(NO_TRIALS, [], NONE, 0, 0.5);
  const other = user('2.1', 'u');
  assert.deepEqual(ids(planRound([old, other, next], '1.1', trials, 1)), ['1.1', '1.2']);
  // The account has been tried twice in this round already: a third time could lock it.
  assert.deepEqual(ids(planRound([old, other, next], '1.1', NO_TRIALS, 1)), ['1.1', '1.2']);
});

test('twenty credentials have all been asked after five rounds, four at a time', () => {
  const all = Array.from({ length: 20 }, (_, i) => community(String(i)));
  const seen = new Set<string>();
  let trials = NO_TRIALS;
  for (let round = 0; round < 5; round++) {
    const now = Math.max(0, trials.nextRoundAt);
    const round = planRound(all, undefined, trials, now);
    for (const id of ids(round)) seen.add(id);
    trials = afterRound(trials, round, NONE, now, 0);
  }
  assert.equal(seen.size, 20);
});

test('in a day of silence no device is asked more than the bounds say, however many credentials there are', () => {
  const candidate = fc.record({
    id: fc.uuid(),
    credential: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'),
    account: fc.constantFrom(null, 'u', 'v'),
  });
  const world = fc.record({
    candidates: fc.uniqueArray(candidate, { minLength: 1, maxLength: 20, selector: ({ id }) => id }),
    refuses: fc.boolean(),
    jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(world, ({ candidates, refuses, jitter }) => {
      let trials: Trials = NO_TRIALS;
      const attempts = new Map<string, number>();
      let rounds = 0;
      const usual = candidates[0]!;
      const siblings = candidates.filter((one) => one.credential === usual.credential);
      for (let now = 0; now < 86_400_000; now += 60_000) {
        const round = planRound(candidates, undefined, trials, now);
        assert.equal(new Set(ids(round)).size, round.length);
        assert.ok(round.length <= siblings.length + MOST_OTHERS);
        const others = round.slice(siblings.length);
        if (others.length > 0) rounds++;
        for (const account of ['u', 'v']) {
          const own = siblings.filter((one) => one.account === account).length;
          const all = round.filter((one) => one.account === account).length;
          assert.ok(all <= Math.max(own, MOST_PER_ACCOUNT));
        }
        for (const { id } of others) attempts.set(id, (attempts.get(id) ?? 0) + 1);
        trials = afterRound(trials, round, refuses ? new Set(ids(round)) : NONE, now, jitter);
      }
      // Pauses of 1, 2, 4, 8 minutes and then of a quarter of an hour, three quarters of that at least.
      assert.ok(rounds <= 4 + 86_400 / (15 * 60 * 0.75) + 1, `${rounds} rounds`);
      if (!refuses) return;
      for (const one of candidates) {
        // An hour, two, four, eight, then a day: five times, and the sixth after the day is over.
        if (one.account !== null) assert.ok((attempts.get(one.id) ?? 0) <= 5, `${attempts.get(one.id)}`);
      }
    }),
    { numRuns: 60 },
  );
});
