import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createCutOff } from './cut-off.ts';

function world() {
  const clock = createFakeClock();
  const state = { unleased: false, checks: [] as (() => void)[], heldUpMs: 0 };
  const check = () => new Promise<void>((resolve) => void state.checks.push(resolve));
  return {
    clock,
    state,
    cutOff: createCutOff({ clock, unleased: () => state.unleased, check, heldUpMs: () => state.heldUpMs }),
  };
}

test('without leases and with nothing that answers, a poll every half minute is enough', async () => {
  const { clock, state, cutOff } = world();
  for (let i = 0; i < 3; i++) cutOff.note(false, true);
  assert.equal(cutOff.suspected(), false, 'whoever holds leases polls on');
  state.unleased = true;
  assert.equal(cutOff.suspected(), true);
  await clock.advance(29_000);
  assert.equal(cutOff.suspected(), true);
  await clock.advance(2_000);
  assert.equal(cutOff.suspected(), false, 'a probe');
  assert.equal(cutOff.suspected(), true);
});

test('when a device answers again, the database is asked before anything else is polled', async () => {
  const { state, cutOff } = world();
  state.unleased = true;
  for (let i = 0; i < 3; i++) cutOff.note(false, true);
  cutOff.note(true, true);
  cutOff.note(true, true);
  assert.equal(state.checks.length, 1);
  assert.equal(cutOff.suspected(), true);
  state.checks[0]?.();
  await new Promise(setImmediate);
  assert.equal(cutOff.suspected(), false, 'it did not answer: polling is all that can be done');
});

test('devices that were silent before say nothing about the network', () => {
  const { state, cutOff } = world();
  state.unleased = true;
  for (let i = 0; i < 10; i++) cutOff.note(false, false);
  assert.equal(cutOff.suspected(), false);
});

test('a process that was held up has made the silence itself', () => {
  const { state, cutOff } = world();
  state.unleased = true;
  state.heldUpMs = 1_200;
  for (let i = 0; i < 10; i++) cutOff.note(false, true);
  assert.equal(cutOff.suspected(), false);
  state.heldUpMs = 20;
  for (let i = 0; i < 3; i++) cutOff.note(false, true);
  assert.equal(cutOff.suspected(), true);
});
