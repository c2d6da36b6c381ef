// A runner of polls with a clock that the test moves.
import type { TestContext } from 'node:test';
import { z } from 'zod';
import type { CollectorModule, PollContext, PollResult, Target } from '#collectors/collector.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { PollOutcome } from '#services/telemetry/ingest.ts';
import type { PollJob } from '#services/telemetry/polls.ts';
import { createModules } from '#worker/modules.ts';
import { createRunner } from '#worker/runner.ts';
import { createSharedClock } from '#worker/shared-clock.ts';

type Poll = (target: Target, ctx: PollContext) => Promise<PollResult>;

export const fine = (polledAt: number): PollResult => ({ polledAt, samples: [], restarted: false, faults: [] });

export function moduleOf(name: string, poll: Poll, forgotten: number[] = []): CollectorModule {
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

export async function runnerWorld(t: TestContext, modules: readonly CollectorModule[], concurrency?: number) {
  const clock = createFakeClock();
  const outcomes: PollOutcome[] = [];
  const state = { holds: true, heldUpMs: 0, targetMs: 0 };
  const opened = createModules({ catalog: modules, clock, log: silentLog, retryMs: 60_000 });
  const runner = createRunner({
    targets: {
      schedule: async () => [],
      target: async (deviceId) => {
        if (state.targetMs > 0) await clock.sleep(state.targetMs);
        return {
          target: { deviceId, address: `127.0.0.${deviceId}`, credentials: [] },
          name: `d${deviceId}`,
          site: null,
          disabled: false,
          collectors: ['a', 'b'].map((name) => ({ name, intervalSeconds: 10, settings: {} })),
        };
      },
    },
    modules: opened,
    ingest: { record: (outcome) => void outcomes.push(outcome), flush: async () => undefined },
    clock,
    shared: createSharedClock(clock),
    log: silentLog,
    holds: () => state.holds,
    heldUpSince: () => state.heldUpMs,
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
