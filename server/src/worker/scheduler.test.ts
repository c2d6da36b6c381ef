import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Bus } from '#bus/bus.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import type { JobQueues } from '#queue/queue.ts';
import type { LeaderLock } from '#services/fleet/fleet.ts';
import type { PollJob } from '#services/telemetry/polls.ts';
import type { PlanEntry } from './plan.ts';
import { createScheduler } from './scheduler.ts';

/** A scheduler with everything around it in memory. The database's clock is the wall clock. */
async function world(t: TestContext, count: number, intervalSeconds = 10) {
  const clock = createFakeClock();
  const entries: PlanEntry[] = Array.from({ length: count }, (_, i) => ({
    deviceId: i + 1,
    collector: 'icmp',
    intervalSeconds,
  }));
  const polls: { deviceId: number; at: number; added: number; urgent: boolean }[] = [];
  const state = { down: false, plannedUntil: null as number | null, held: [0, 1, 2, 3] };
  const asked: (readonly number[] | undefined)[] = [];
  const listeners = new Map<string, (message: unknown) => void>();
  const queues: JobQueues = {
    async add<Data>(_queue: string, jobs: readonly { data: Data }[]) {
      if (state.down) throw new AppError('queue_unavailable', 'away', { retryable: true });
      for (const { data } of jobs) {
        const job = data as PollJob;
        for (const group of job.groups) {
          for (let i = 0; i < group.items.length; i += 2) {
            const at = job.base + (group.items[i + 1] ?? 0);
            polls.push({ deviceId: group.items[i] ?? 0, at, added: clock.now(), urgent: job.urgent ?? false });
          }
        }
      }
    },
    work: async () => ({ stop: async () => undefined }),
    depth: async () => ({ waiting: 0, running: 0, failed: 0 }),
    close: async () => undefined,
  };
  const bus: Bus = {
    publish: (topic, message) => listeners.get(topic)?.(message),
    subscribe: async (topic, listener) => {
      listeners.set(topic, listener);
      return async () => undefined;
    },
    flush: async () => undefined,
    close: async () => undefined,
  };
  const leader: LeaderLock = {
    async tryLead() {
      return {
        lost: new Promise(() => undefined),
        plannedUntil: async () => state.plannedUntil,
        async advance(until) {
          state.plannedUntil = until;
          return clock.now();
        },
        release: async () => undefined,
      };
    },
    close: async () => undefined,
  };
  const make = () =>
    createScheduler({
      async schedule(deviceIds) {
        asked.push(deviceIds);
        return entries.filter(({ deviceId }) => deviceIds?.includes(deviceId) ?? true);
      },
      heldNow: async () => state.held,
      leader,
      queues,
      bus,
      clock,
      log: silentLog,
      partitions: 4,
    });
  const scheduler = make();
  await scheduler.start();
  t.after(async () => {
    const stopped = scheduler.stop();
    await clock.advance(10_000);
    await stopped;
  });
  return { clock, entries, polls, asked, bus, state, scheduler, make };
}

const keys = (polls: readonly { deviceId: number; at: number }[]) =>
  polls.map(({ deviceId, at }) => `${deviceId} ${at}`);

test('in a quiet hour every slot is added once, ahead of its instant', async (t) => {
  const { clock, polls } = await world(t, 20);
  const start = clock.now();
  await clock.advance(3_600_000);
  assert.equal(new Set(keys(polls)).size, polls.length);
  const inHour = polls.filter(({ at }) => at < start + 3_600_000);
  assert.equal(inHour.length, 20 * 360);
  // The first window begins at the present; from then on jobs come at least a lead ahead.
  assert.ok(polls.filter(({ at }) => at > start + 10_000).every(({ at, added }) => at - added >= 900));
});

test('what nobody has held for a minute is not given out any more, and again as soon as somebody holds it', async (t) => {
  const { clock, polls, state, scheduler } = await world(t, 40);
  await clock.advance(60_000);
  state.held = [];
  await clock.advance(80_000);
  const before = polls.length;
  await clock.advance(60_000);
  assert.equal(polls.length, before);
  assert.ok((scheduler.counters()['scheduler_unserved_polls_total'] ?? 0) >= 240);
  state.held = [0, 1, 2, 3];
  await clock.advance(60_000);
  const again = polls.slice(before);
  assert.ok(again.length >= 6 * 40 && again.length <= 7 * 40, `${again.length} polls`);
  assert.ok(again.every(({ at, added }) => at > added - 1_000));
});

for (const [name, jump] of [
  ['2 h forward', 7_200_000],
  ['2 h back', -7_200_000],
  ['1 day forward', 86_400_000],
  ['7 s forward', 7_000],
  ['7 s back', -7_000],
] as const) {
  test(`a clock that jumps ${name} brings no storm and costs a device one poll at most`, async (t) => {
    const { clock, polls } = await world(t, 50);
    await clock.advance(60_000);
    clock.jump(jump);
    const before = polls.length;
    await clock.advance(60_000);
    const perDevice = new Map<number, number>();
    for (const { deviceId } of polls.slice(before)) perDevice.set(deviceId, (perDevice.get(deviceId) ?? 0) + 1);
    for (let id = 1; id <= 50; id++) {
      const count = perDevice.get(id) ?? 0;
      assert.ok(count >= 5 && count <= 8, `device ${id}: ${count} polls in 60 s`);
    }
  });
}

test('a new device is polled at once, and a changed one too', async (t) => {
  const { clock, polls, entries, bus } = await world(t, 3, 3_600);
  await clock.advance(12_000);
  entries.push({ deviceId: 99, collector: 'icmp', intervalSeconds: 3_600 });
  bus.publish('device-changed', { deviceId: 99 });
  await clock.advance(500);
  assert.deepEqual(
    polls.filter(({ urgent }) => urgent).map(({ deviceId }) => deviceId),
    [99],
  );
  bus.publish('device-changed', { deviceId: '2' });
  await clock.advance(500);
  assert.deepEqual(
    polls.filter(({ urgent }) => urgent).map(({ deviceId }) => deviceId),
    [99, 2],
  );
});

test('of a few changed devices alone the schedule is read: one with another interval, one that went, one that came back', async (t) => {
  const { clock, polls, entries, asked, bus } = await world(t, 20, 10);
  await clock.advance(12_000);
  const change = async (deviceId: number, entry?: PlanEntry) => {
    const at = entries.findIndex((known) => known.deviceId === deviceId);
    if (at >= 0) entries.splice(at, 1);
    if (entry) entries.push(entry);
    asked.length = 0;
    bus.publish('device-changed', { deviceId });
    await clock.advance(1_000);
    assert.deepEqual(asked, [[deviceId]]);
    // What was planned before it changed is out.
    await clock.advance(9_000);
    const from = clock.now();
    await clock.advance(20_000);
    return polls.filter(
      (poll) => poll.deviceId === deviceId && !poll.urgent && poll.at >= from && poll.at < clock.now(),
    );
  };
  assert.equal((await change(7, { deviceId: 7, collector: 'icmp', intervalSeconds: 5 })).length, 4);
  assert.equal((await change(8)).length, 0);
  assert.equal((await change(8, { deviceId: 8, collector: 'icmp', intervalSeconds: 10 })).length, 2);
  const others = polls.filter(({ deviceId, urgent }) => deviceId !== 7 && deviceId !== 8 && !urgent);
  assert.equal(new Set(keys(others)).size, others.length);
  asked.length = 0;
  await clock.advance(60_000);
  assert.deepEqual(asked, [undefined], 'the whole, once a minute, in case news got lost');
});

test('a new device is polled twice within 20 s, so that it has a rate', async (t) => {
  const { clock, polls, entries, bus } = await world(t, 3, 3_600);
  await clock.advance(12_000);
  entries.push({ deviceId: 99, collector: 'icmp', intervalSeconds: 3_600 });
  bus.publish('device-changed', { deviceId: 99 });
  await clock.advance(20_000);
  const instants = polls.filter(({ urgent }) => urgent).map(({ at }) => at);
  assert.equal(instants.length, 2);
  assert.ok((instants[1] ?? 0) - (instants[0] ?? 0) >= 10_000);
  await clock.advance(60_000);
  assert.equal(polls.filter(({ urgent }) => urgent).length, 2);
});

test('thousands of new devices come one after the other, twice at most besides their slots', async (t) => {
  const { clock, polls, entries, bus } = await world(t, 3, 60);
  await clock.advance(12_000);
  const start = clock.now();
  for (let id = 100; id < 10_100; id++) {
    entries.push({ deviceId: id, collector: 'icmp', intervalSeconds: 60 });
    bus.publish('device-changed', { deviceId: id });
  }
  await clock.advance(90_000);
  const urgent = polls.filter((poll) => poll.urgent);
  for (let second = 0; second < 90; second++) {
    const from = start + second * 1_000;
    const many = urgent.filter(({ at }) => at >= from && at < from + 1_000).length;
    assert.ok(many <= 210, `${many} polls in second ${second}`);
  }
  assert.equal(new Set(urgent.map(({ deviceId }) => deviceId)).size, 6_000, 'the others have their slots sooner');
});

test('a new device is found within a minute when the news of it got lost', async (t) => {
  const { clock, polls, entries } = await world(t, 1, 86_400);
  await clock.advance(30_000);
  entries.push({ deviceId: 99, collector: 'icmp', intervalSeconds: 86_400 });
  await clock.advance(60_000);
  assert.ok(polls.some(({ deviceId, urgent }) => deviceId === 99 && urgent));
});

test('a queue that was away costs the slots of that time, and nothing comes twice or late', async (t) => {
  const { clock, polls, state } = await world(t, 20);
  await clock.advance(30_000);
  state.down = true;
  await clock.advance(120_000);
  const before = polls.length;
  state.down = false;
  await clock.advance(60_000);
  assert.equal(new Set(keys(polls)).size, polls.length);
  assert.ok(polls.slice(before).every(({ at, added }) => added - at <= 5_000));
  assert.ok(polls.length - before >= 20 * 5);
});

test('a leader that takes over goes on where the last one had planned to', async (t) => {
  const { clock, polls, scheduler, make } = await world(t, 50);
  await clock.advance(33_000);
  const stopped = scheduler.stop();
  await clock.advance(100);
  await stopped;
  await clock.advance(2_000);
  const second = make();
  await second.start();
  await clock.advance(60_000);
  const again = second.stop();
  await clock.advance(10_000);
  await again;
  assert.equal(new Set(keys(polls)).size, polls.length);
  const perDevice = new Map<number, number[]>();
  for (const { deviceId, at } of polls) perDevice.set(deviceId, [...(perDevice.get(deviceId) ?? []), at]);
  for (const instants of perDevice.values()) {
    instants.sort((a, b) => a - b);
    for (let i = 1; i < instants.length; i++) assert.equal((instants[i] ?? 0) - (instants[i - 1] ?? 0), 10_000);
  }
});
