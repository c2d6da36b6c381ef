import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stepAlert } from './alert-state.ts';
import type { AlertPhase, AlertTransition, Truth } from './alert-state.ts';

const QUIET: AlertPhase = { phase: 'quiet' };
const terms = fc.record({ forMs: fc.nat(20), keepMs: fc.nat(20) });
const truth = fc.constantFrom<Truth>('holds', 'clear', 'unknown');
const history = fc.array(fc.record({ truth, pause: fc.integer({ min: 1, max: 10 }) }), { maxLength: 60 });

function replay(steps: readonly { truth: Truth; pause: number }[], asked: { forMs: number; keepMs: number }) {
  let at = 0;
  let state = QUIET;
  return steps.map(({ truth: told, pause }) => {
    at += pause;
    const before = state;
    const { next, transition } = stepAlert(before, told, at, asked);
    state = next;
    return { at, told, before, next, transition };
  });
}

test('an alert fires once its condition has held for as long as asked, and is resolved once it has been gone as long', () => {
  const asked = { forMs: 10, keepMs: 20 };
  const run = (truths: Truth[]) =>
    replay(
      truths.map((told) => ({ truth: told, pause: 5 })),
      asked,
    ).map(({ transition }) => transition);
  assert.deepEqual(run(['holds', 'holds', 'holds']), ['began', null, 'fired']);
  assert.deepEqual(run(['holds', 'clear', 'holds']), ['began', 'dropped', 'began']);
  const ended = run([
    'holds',
    'holds',
    'holds',
    'clear',
    'clear',
    'holds',
    'clear',
    'clear',
    'clear',
    'clear',
    'clear',
  ]);
  assert.deepEqual(ended.slice(3), [null, null, null, null, null, null, null, 'resolved']);
});

test('fired and resolved alternate, whatever comes', () => {
  fc.assert(
    fc.property(history, terms, (steps, asked) => {
      const told = replay(steps, asked)
        .map(({ transition }) => transition)
        .filter((one): one is AlertTransition => one === 'fired' || one === 'resolved');
      told.forEach((one, i) => assert.equal(one, i % 2 === 0 ? 'fired' : 'resolved'));
    }),
  );
});

test('it never fires unless the condition was seen to hold at both ends of the wait and never gone between', () => {
  fc.assert(
    fc.property(history, terms, (steps, asked) => {
      const seen = replay(steps, asked);
      for (const [i, { transition, at }] of seen.entries()) {
        if (transition !== 'fired') continue;
        const clear = seen.slice(0, i).findLastIndex(({ told }) => told === 'clear');
        const first = seen.slice(clear + 1).find(({ told }) => told === 'holds');
        assert.ok(first && at - first.at >= asked.forMs);
        assert.equal(seen[i]!.told, 'holds');
      }
    }),
  );
});

test('a condition that holds for good fires, one that is gone for good is resolved, and unknown changes nothing', () => {
  fc.assert(
    fc.property(history, terms, fc.boolean(), (steps, asked, holds) => {
      const end = Array.from({ length: 50 }, () => ({
        truth: holds ? ('holds' as const) : ('clear' as const),
        pause: 1,
      }));
      const seen = replay([...steps, ...end], asked);
      assert.equal(seen.at(-1)!.next.phase, holds ? 'firing' : 'quiet');
      for (const { told, before, next } of seen) if (told === 'unknown') assert.equal(next, before);
    }),
  );
});

test('a clock that is set back makes nobody wait longer than asked from then on', () => {
  const { next } = stepAlert({ phase: 'pending', since: 1_000 }, 'holds', 100, { forMs: 50, keepMs: 0 });
  assert.equal(stepAlert(next, 'holds', 150, { forMs: 50, keepMs: 0 }).transition, 'fired');
  const firing: AlertPhase = { phase: 'firing', since: 0, firedAt: 0, clearSince: 1_000 };
  const back = stepAlert(firing, 'clear', 100, { forMs: 0, keepMs: 50 });
  assert.equal(stepAlert(back.next, 'clear', 150, { forMs: 0, keepMs: 50 }).transition, 'resolved');
});
