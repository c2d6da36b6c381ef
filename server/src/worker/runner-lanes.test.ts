import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { fine, moduleOf, runnerWorld as world } from './testing/runner-world.ts';

/** A collector that answers at once, or, while closed, when its devices are let go one by one. */
function gated() {
  const state = { closed: false };
  const begun: number[] = [];
  const gates: (() => void)[] = [];
  const module = moduleOf('a', async ({ deviceId }, ctx) => {
    begun.push(deviceId);
    if (state.closed) await new Promise<void>((resolve) => gates.push(resolve));
    return fine(ctx.at);
  });
  return { state, begun, gates, module };
}

test('under load a poll that somebody waits for is made before the routine ones that wait', async (t) => {
  const { state, begun, gates, module } = gated();
  const { clock, job } = await world(t, [module], 2);
  const all = [1, 2, 3, 4, 5].flatMap((id) => [id, 0]);
  await job(all);
  await clock.advance(10_000);
  begun.length = 0;
  state.closed = true;
  await job(all.slice(0, 8));
  const asked = job([5, 0], { urgent: true, taskId: 'a-task' });
  await clock.advance(0);
  assert.deepEqual(begun, [1, 2]);
  while (gates.length > 0) {
    gates.shift()?.();
    await clock.advance(0);
  }
  await asked;
  assert.deepEqual(begun, [1, 2, 5, 3, 4]);
});

test('many new devices at once never hold up those that are known, and each has its turn', async (t) => {
  const { state, begun, gates, module } = gated();
  const { clock, outcomes, job } = await world(t, [module], 8);
  await job([1, 0]);
  await clock.advance(10_000);
  state.closed = true;
  const fresh = Array.from({ length: 20 }, (_, i) => i + 100);
  await job(
    fresh.flatMap((id) => [id, 0]),
    { urgent: true },
  );
  await clock.advance(0);
  assert.deepEqual(begun, [1, 100, 101]);
  await job([1, 0]);
  await clock.advance(0);
  assert.deepEqual(begun, [1, 100, 101, 1]);
  while (gates.length > 0) {
    gates.shift()?.();
    await clock.advance(0);
  }
  assert.equal(outcomes.length, 22);
  assert.deepEqual(begun.slice(4), fresh.slice(2));
});

test('devices that do not answer fill their own lane and never delay the others', async (t) => {
  const silent = (id: number) => id <= 20;
  const gates: (() => void)[] = [];
  const { clock, outcomes, job } = await world(
    t,
    [
      moduleOf('a', async (target, ctx) => {
        if (silent(target.deviceId)) {
          await new Promise<void>((resolve) => gates.push(resolve));
          throw new AppError('no_answer', 'No answer.');
        }
        return fine(ctx.at);
      }),
    ],
    30,
  );
  const all = Array.from({ length: 40 }, (_, i) => [i + 1, 0]).flat();
  await job(all);
  await clock.advance(5_000);
  while (gates.length > 0) {
    gates.splice(0).forEach((open) => open());
    await clock.advance(0);
  }
  assert.equal(outcomes.length, 40);
  await clock.advance(5_000);
  await job(all);
  await clock.advance(0);
  const healthy = outcomes.slice(40).filter(({ deviceId }) => !silent(deviceId));
  assert.equal(healthy.length, 20);
  while (gates.length > 0) {
    gates.splice(0).forEach((open) => open());
    await clock.advance(0);
  }
});
