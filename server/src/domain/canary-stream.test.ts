import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GAP_MS, seeCanary } from './canary-stream.ts';
import type { CanarySighting, CanaryStream } from './canary-stream.ts';

function watch(sightings: readonly CanarySighting[]) {
  let stream: CanaryStream | undefined;
  let lost = 0;
  let seen = 0;
  for (const sighting of sightings) {
    const news = seeCanary(stream, sighting);
    stream = news.stream;
    lost += news.lost;
    seen += Number(news.isNew);
  }
  return { lost, seen };
}

const one = (sequence: number, boot = 1): CanarySighting => ({ boot, sequence, sentAt: boot * 1e9 + sequence * 1_000 });
const settle = GAP_MS / 1_000 + 2;

test('every number that is left out is lost, once the path has moved on by 20 s, and none that comes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 100 }), (missing) => {
      const all = Array.from({ length: 202 + settle }, (_, i) => i).filter((i) => !missing.includes(i));
      assert.deepEqual(watch(all.map((i) => one(i))), { lost: missing.length, seen: all.length });
    }),
  );
});

test('what comes in another order, or twice, within 20 s is neither lost nor counted twice', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 18 }), { minLength: 300, maxLength: 300 }), (delays) => {
      const all = Array.from({ length: 300 }, (_, i) => ({ i, at: i + (delays[i] ?? 0) }))
        .toSorted((a, b) => a.at - b.at)
        .flatMap(({ i }) => [one(i), one(i)]);
      // The first ones may come before number 0 does: what is before the first ever seen is nobody's.
      const first = all[0]!.sequence;
      const { lost, seen } = watch(all);
      assert.equal(lost, 0);
      assert.ok(seen >= 300 - first && seen <= 300);
    }),
  );
});

test('an outage of hours loses nothing: what waited comes in its order, and gaps of before are filled first', () => {
  const before = [one(0), one(1), one(3)];
  const after = [2, ...Array.from({ length: 10_000 }, (_, i) => i + 4)].map((i) => one(i));
  assert.deepEqual(watch([...before, ...after]), { lost: 0, seen: 10_004 });
});

test('a sender that starts anew is followed from its first number on; what the last one had in memory is not missed', () => {
  assert.deepEqual(watch([one(5), one(6), one(0, 2), one(1, 2)]), { lost: 0, seen: 4 });
  const late = Array.from({ length: settle + 4 }, (_, i) => one(i + 2, 2));
  assert.equal(watch([one(5), one(6), ...late]).lost, 2);
  assert.equal(watch([one(5), one(0, 2), one(7), one(1, 2)]).lost, 0);
});
