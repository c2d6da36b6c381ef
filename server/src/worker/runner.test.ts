import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import type { CollectorModule, PollContext, PollResult, Target } from '#collectors/collector.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import type { PollOutcome } from '#services/telemetry/ingest.ts';
import type { PollJob } from '#services/telemetry/polls.ts';
import { createModules } from './modules.ts';
import { createRunner } from './runner.ts';
import { createSharedClock } from './shared-clock.ts';

type Poll = (target: Target, ctx: PollContext) => Promise<PollResult>;

const fine = (polledAt: number): PollResult => ({ polledAt, samples: [], restarted: false, faults: [] });

function moduleOf(name: string, poll: Poll, forgotten: number[] = []): CollectorModule {
  return {
    name,
    title: name,
    defaultIntervalSeconds: 10,
    settings: z.object({}).loose(),
    credentialKinds: [],
    open: async () => ({
      poll: (target, _settings, ctx) => poll(target, ctx),
      check: async () => [],
      forget: (deviceId) => void forgotten.push(deviceId),
      metrics: () => ({}),
      close: async () => undefined,
    }),
  };
}

async function world(t: TestContext, modules: readonly CollectorModule[], concurrency?: number) {
  const clock = createFakeClock();
  const outcomes: PollOutcome[] = [];
  const state = { holds: true };
  const opened = createModules({ catalog: modules, clock, log: silentLog, retryMs: 60_000 });
  const runner = createRunner({
    targets: {
      schedule: async () => [],
      target: async (deviceId) => ({
        target: { deviceId, address: `127.0.0.${deviceId}`, credentials: [] },
        name: `d${deviceId}`,
        site: null,
        disabled: false,
        collectors: ['a', 'b'].map((name) => ({ name, intervalSeconds: 10, settings: {} })),
      }),
    },
    modules: opened,
    ingest: { record: (outcome) => void outcomes.push(outcome), flush: async () => undefined },
    clock,
    shared: createSharedClock(clock),
    log: silentLog,
    holds: () => state.holds,
    report: async () => true,
    concurrency,
  });
  await opened.start();
  await runner.start();
  t.after(async () => {
    const stopped = runner.stop();
    await clock.advance(10_000);
    await stopped;
    await opened.stop();
  });
  const job = (items: number[], more: Partial<PollJob> = {}, attempt = 1, collector = 'a') =>
    runner.handle(0, {
      id: '1',
      name: 'poll',
      attempt,
      data: { base: clock.now(), groups: [{ collector, intervalMs: 10_000, items }], ...more },
    });
  return { clock, outcomes, state, runner, job };
}

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
