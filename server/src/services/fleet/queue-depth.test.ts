import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createQueueDepth } from './queue-depth.ts';

test('the depth is told by the leader, looked at every few seconds, and a queue that hangs holds up nobody', async () => {
  const clock = createFakeClock();
  const answers: ((depth: { waiting: number; running: number; failed: number }) => void)[] = [];
  let leading = false;
  const depth = createQueueDepth({
    leads: () => leading,
    depth: () => new Promise((resolve) => answers.push(resolve)),
    clock,
  });
  assert.deepEqual(await depth(), {});
  assert.equal(answers.length, 0);

  leading = true;
  const first = depth();
  answers[0]?.({ waiting: 3, running: 1, failed: 0 });
  assert.deepEqual(await first, {
    'queue_jobs{state="waiting"}': 3,
    'queue_jobs{state="running"}': 1,
    'queue_jobs{state="failed"}': 0,
  });
  assert.equal((await depth())['queue_jobs{state="waiting"}'], 3);
  assert.equal(answers.length, 1);

  await clock.advance(10_000);
  const hanging = depth();
  await clock.advance(1_000);
  assert.deepEqual(await hanging, {});
  assert.equal(answers.length, 2);
});
