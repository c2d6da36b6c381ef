import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectorModule } from '#collectors/collector.ts';
import { AppError } from '#platform/errors.ts';
import { fine, moduleOf, runnerWorld as world } from './testing/runner-world.ts';

test('every poll of a job is made at its own instant', async (t) => {
  const at: [number, number][] = [];
  const { clock, outcomes, job } = await world(t, [
    moduleOf('a', async (target, ctx) => {
      at.push([target.deviceId, ctx.at]);
      return fine(ctx.at);
    }),
  ]);
  const start = clock.now();
  const done = job([3, 4_000, 1, 0, 2, 1_500]);
  await clock.advance(0);
  assert.deepEqual(at, [[1, start]]);
  await clock.advance(4_000);
  await done;
  assert.deepEqual(at, [
    [1, start],
    [2, start + 1_500],
    [3, start + 4_000],
  ]);
  assert.deepEqual(
    outcomes.map(({ run }) => run.up),
    [true, true, true],
  );
});

test('polls due within a quarter of a second begin together, each with its own instant', async (t) => {
  const begun: [number, number, number][] = [];
  const { clock, job } = await world(t, [
    moduleOf('a', async (target, ctx) => {
      begun.push([target.deviceId, ctx.at - start, clock.now() - start]);
      return fine(ctx.at);
    }),
  ]);
  // An instant of the shared grid.
  await clock.advance(250 - (clock.now() % 250));
  const start = clock.now();
  const done = job([1, 1_001, 2, 1_020, 3, 1_250, 4, 1_251]);
  for (let ms = 0; ms < 1_600; ms += 10) await clock.advance(10);
  await done;
  assert.deepEqual(begun, [
    [1, 1_001, 1_250],
    [2, 1_020, 1_250],
    [3, 1_250, 1_250],
    [4, 1_251, 1_500],
  ]);
});

test('an urgent poll is made at once although the clock of who asked is ahead; its fellows come after it', async (t) => {
  const at: number[] = [];
  const { clock, job } = await world(t, [
    moduleOf('a', async (_target, ctx) => {
      at.push(ctx.at);
      return fine(ctx.at);
    }),
  ]);
  const start = clock.now();
  const done = job([1, 0, 2, 700], { urgent: true, base: start + 600_000 });
  await clock.advance(1_000);
  await done;
  assert.deepEqual(at, [start, start + 700]);
});

test('the runner adds collector_up and collector_duration_ms as one layout', async (t) => {
  const { clock, outcomes, job } = await world(t, [moduleOf('a', async (_target, ctx) => fine(ctx.at))]);
  await job([1, 0, 2, 0]);
  await clock.advance(0);
  const [first, second] = outcomes.map(({ result }) => result?.samples.at(-1));
  assert.deepEqual(
    first?.layout.series.map(({ metric, labels }) => [metric, labels]),
    [
      ['collector_up', { collector: 'a' }],
      ['collector_duration_ms', { collector: 'a' }],
    ],
  );
  assert.equal(first?.values[0], 1);
  assert.equal(first?.layout, second?.layout);
});

test('an error and an unreachable fault both make the run down, the latter with its samples', async (t) => {
  const layout = { series: [{ metric: 'icmp_loss_percent', labels: {}, unit: 'percent', kind: 'gauge' as const }] };
  const { clock, outcomes, job } = await world(t, [
    moduleOf('a', async (target, ctx) => {
      if (target.deviceId === 1) throw new AppError('snmp_wrong_digest', 'The key is wrong.');
      return {
        ...fine(ctx.at),
        samples: [{ layout, values: Float64Array.of(100) }],
        faults: [{ code: 'no_answer', message: 'All probes were lost.' }],
      };
    }),
  ]);
  await job([1, 0, 2, 0]);
  await clock.advance(0);
  const [one, two] = outcomes;
  assert.deepEqual(one?.run.error, { code: 'snmp_wrong_digest', message: 'The key is wrong.' });
  assert.deepEqual([one?.run.up, two?.run.up], [false, false]);
  assert.equal(two?.run.error?.code, 'no_answer');
  assert.equal(two?.result?.samples[0]?.values[0], 100);
  assert.equal(one?.result?.samples[0]?.values[0], 0);
});

test('a poll that still runs is not started a second time; others go on', async (t) => {
  const started: number[] = [];
  const gate = Promise.withResolvers<void>();
  const { clock, runner, job } = await world(t, [
    moduleOf('a', async (target, ctx) => {
      started.push(target.deviceId);
      if (target.deviceId === 1) await gate.promise;
      return fine(ctx.at);
    }),
  ]);
  await job([1, 0]);
  await clock.advance(10_000);
  await job([1, 0, 2, 0]);
  await clock.advance(0);
  assert.deepEqual(started, [1, 2]);
  assert.equal(runner.counters()['polls_skipped_total{reason="running"}'], 1);
  gate.resolve();
  await clock.advance(0);
});

test('what is over half an interval late is skipped, and counted', async (t) => {
  const { clock, outcomes, runner, job } = await world(t, [moduleOf('a', async (_target, ctx) => fine(ctx.at))]);
  await job([1, 0, 2, 1_000], { base: clock.now() - 5_500 });
  await clock.advance(0);
  assert.deepEqual(
    outcomes.map(({ deviceId }) => deviceId),
    [2],
  );
  assert.equal(runner.counters()['polls_skipped_total{reason="late"}'], 1);
});

test('a job that is handed out again does only what is still to come', async (t) => {
  const { clock, outcomes, job } = await world(t, [moduleOf('a', async (_target, ctx) => fine(ctx.at))]);
  const again = job([1, 0, 2, 900, 3, 2_000], { base: clock.now() - 1_000 }, 2);
  await clock.advance(3_000);
  await again;
  assert.deepEqual(
    outcomes.map(({ deviceId }) => deviceId),
    [3],
  );
});

test('nothing is polled of a partition whose lease has ended', async (t) => {
  const { clock, outcomes, state, runner, job } = await world(t, [moduleOf('a', async (_t, ctx) => fine(ctx.at))]);
  const waiting = job([1, 0, 2, 3_000]);
  await clock.advance(1_000);
  state.holds = false;
  await clock.advance(3_000);
  await waiting;
  assert.equal(outcomes.length, 1);
  assert.equal(runner.counters()['polls_skipped_total{reason="not_ours"}'], 1);
});

test('an urgent poll is made at once, and the regular slot right after it left out', async (t) => {
  const { clock, outcomes, job } = await world(t, [moduleOf('a', async (_target, ctx) => fine(ctx.at))]);
  await job([1, 0], { urgent: true, base: clock.now() - 20_000 });
  await clock.advance(1_000);
  await job([1, 0]);
  await clock.advance(9_000);
  await job([1, 0]);
  await clock.advance(0);
  assert.equal(outcomes.length, 2);
});

test('a poll ends at its deadline, with a sentence, even when the collector does not listen', async (t) => {
  const { outcomes, job } = await world(t, [moduleOf('a', () => new Promise(() => undefined))]);
  await job([], { groups: [{ collector: 'a', intervalMs: 500, items: [1, 0] }] });
  while (outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(outcomes[0]?.run.error?.code, 'deadline_exceeded');
});

test('a collector that cannot be opened leaves the others working, tells its devices why, and is tried again', async (t) => {
  let permitted = false;
  const working = moduleOf('b', async (_target, ctx) => fine(ctx.at));
  const refused: CollectorModule = {
    ...moduleOf('a', async (_target, ctx) => fine(ctx.at)),
    open: async (deps) => {
      if (!permitted) throw new AppError('icmp_not_permitted', 'This machine does not allow ICMP.');
      return moduleOf('a', async (_target, ctx) => fine(ctx.at)).open(deps);
    },
  };
  const { clock, outcomes, job } = await world(t, [refused, working]);
  await job([1, 0]);
  await job([1, 0], {}, 1, 'b');
  await clock.advance(0);
  assert.equal(outcomes[0]?.run.error?.code, 'icmp_not_permitted');
  assert.equal(outcomes[1]?.run.up, true);
  permitted = true;
  await clock.advance(60_000);
  await job([1, 0]);
  await clock.advance(0);
  assert.equal(outcomes[2]?.run.up, true);
});
