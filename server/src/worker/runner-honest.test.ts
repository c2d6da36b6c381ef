import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { fine, moduleOf, runnerWorld } from './testing/runner-world.ts';

test('a device is not called silent by a process that stood still while it asked; what it did say counts', async (t) => {
  const { clock, outcomes, state, runner, job } = await runnerWorld(t, [
    moduleOf('a', async ({ deviceId }) => {
      throw deviceId === 1
        ? new AppError('no_answer', 'Nothing came.')
        : new AppError('snmp_wrong_digest', 'Wrong key.');
    }),
  ]);
  state.heldUpMs = 1_500;
  await job([1, 0, 2, 0]);
  await clock.advance(0);
  assert.deepEqual(
    outcomes.map(({ deviceId }) => deviceId),
    [2],
  );
  assert.equal(runner.counters()['polls_skipped_total{reason="held_up"}'], 1);
  state.heldUpMs = 900;
  await clock.advance(10_000);
  await job([1, 0]);
  await clock.advance(0);
  assert.equal(outcomes[1]?.run.error?.code, 'no_answer');
});

test('a lease that ends while the database gives the device’s settings: it is not polled', async (t) => {
  const polled: number[] = [];
  const { clock, state, runner, job } = await runnerWorld(t, [
    moduleOf('a', async ({ deviceId }, ctx) => {
      polled.push(deviceId);
      return fine(ctx.at);
    }),
  ]);
  state.targetMs = 3_000;
  await job([1, 0]);
  await clock.advance(1_000);
  state.holds = false;
  await clock.advance(5_000);
  assert.deepEqual(polled, []);
  assert.equal(runner.counters()['polls_skipped_total{reason="not_ours"}'], 1);
  state.holds = true;
  state.targetMs = 6_000;
  await job([1, 0]);
  await clock.advance(7_000);
  assert.deepEqual(polled, [], 'nor is it polled far too late');
  assert.equal(runner.counters()['polls_skipped_total{reason="late"}'], 1);
});

test('a device that is given up while it is polled is not called down', async (t) => {
  let giveUp: (() => void) | undefined;
  const { clock, outcomes, job } = await runnerWorld(t, [
    moduleOf('a', async () => {
      await new Promise<void>((resolve) => (giveUp = resolve));
      throw new AppError('shutting_down', 'The device is no longer polled here.');
    }),
  ]);
  await job([1, 0]);
  await clock.advance(0);
  giveUp?.();
  await clock.advance(0);
  assert.deepEqual(outcomes, []);
});

test('a slot is polled once by a process that loses its partition and has it back at once', async (t) => {
  const polled: number[] = [];
  const { clock, runner, job } = await runnerWorld(t, [
    moduleOf('a', async (_target, ctx) => {
      polled.push(ctx.at);
      return fine(ctx.at);
    }),
  ]);
  const base = clock.now();
  await job([1, 0], { base });
  await clock.advance(500);
  runner.forgetPartition(0);
  await job([1, 0], { base });
  const next = job([1, 10_000], { base });
  await clock.advance(10_000);
  await next;
  assert.deepEqual(polled, [base, base + 10_000]);
  assert.equal(runner.counters()['polls_skipped_total{reason="double"}'], 1);
});
