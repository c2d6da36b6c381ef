import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Bus } from '#bus/bus.ts';
import { AppError } from '#platform/errors.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { PollJob } from '#services/telemetry/polls.ts';
import { createLocalPlan } from './local-plan.ts';
import { createPlan } from './plan.ts';
import type { PlanEntry } from './plan.ts';
import { createSharedClock } from './shared-clock.ts';

const TWENTY: readonly PlanEntry[] = Array.from({ length: 20 }, (_, i) => ({
  deviceId: i + 1,
  collector: 'icmp',
  intervalSeconds: 10,
}));

async function world(t: TestContext, given = TWENTY) {
  const entries = [...given];
  const clock = createFakeClock();
  const state = { blind: false, hangs: false, held: [0, 1], stranded: [] as number[], reads: 0 };
  const slots: string[] = [];
  const asked: (readonly number[] | undefined)[] = [];
  const listeners = new Map<string, (message: unknown) => void>();
  const bus = {
    async subscribe(topic: string, listener: (message: unknown) => void) {
      listeners.set(topic, listener);
      return async () => undefined;
    },
  } as Partial<Bus> as Bus;
  const shared = createSharedClock(clock);
  const local = createLocalPlan({
    async schedule(deviceIds) {
      if (state.blind) throw new AppError('database_unavailable', 'away', { retryable: true });
      if (state.hangs) await new Promise(() => undefined);
      state.reads++;
      asked.push(deviceIds);
      return entries.filter(({ deviceId }) => deviceIds?.includes(deviceId) ?? true);
    },
    partitions: 4,
    held: () => state.held,
    stranded: () => state.stranded,
    blind: () => state.blind,
    async handle(partition, job) {
      const data = job.data as PollJob;
      for (const { items } of data.groups) {
        for (let i = 0; i < items.length; i += 2)
          slots.push(`${partition} ${items[i]} ${data.base + (items[i + 1] ?? 0)}`);
      }
    },
    bus,
    clock,
    shared,
    log: silentLog,
  });
  await local.start();
  t.after(async () => {
    const stopped = local.stop();
    await clock.advance(2_000);
    await stopped;
  });
  const jobs = setInterval(() => undefined, 1_000_000);
  t.after(() => clearInterval(jobs));
  const changed = (deviceId: number) => listeners.get('device-changed')?.({ deviceId });
  return { clock, state, slots, entries, asked, changed, local };
}

test('as long as the hub schedules, nothing is planned here', async (t) => {
  const { clock, slots, local } = await world(t);
  for (let i = 0; i < 30; i++) {
    local.noteJob();
    await clock.advance(5_000);
  }
  assert.deepEqual(slots, []);
});

test('a partition whose queue cannot be worked is planned here, and no other', async (t) => {
  const { clock, state, slots, local } = await world(t);
  const goOn = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      local.noteJob();
      await clock.advance(1_000);
    }
  };
  await goOn(5);
  state.stranded = [1];
  await goOn(30);
  assert.ok(slots.length > 0);
  assert.ok(slots.every((slot) => slot.startsWith('1 ')));
  state.stranded = [];
  await goOn(2);
  const count = slots.length;
  await goOn(30);
  assert.equal(slots.length, count);
});

test('with the database away, every slot of the partitions held comes once, as the hub would have planned it', async (t) => {
  const { clock, state, slots, entries, local } = await world(t);
  local.noteJob();
  await clock.advance(5_000);
  state.blind = true;
  const from = clock.now();
  await clock.advance(120_000);
  const to = clock.now();
  const expected: string[] = [];
  for (const [partition, job] of createPlan(entries, 4).jobs({ from, to })) {
    if (!state.held.includes(partition)) continue;
    for (const { items } of job.groups) {
      for (let i = 0; i < items.length; i += 2)
        expected.push(`${partition} ${items[i]} ${job.base + (items[i + 1] ?? 0)}`);
    }
  }
  assert.ok(expected.length > 80);
  const inTime = slots.filter((slot) => Number(slot.split(' ')[2]) >= from && Number(slot.split(' ')[2]) < to);
  assert.deepEqual(inTime.toSorted(), expected.toSorted());
  assert.equal(new Set(slots).size, slots.length);
});

test('a schedule that cannot be read because the database hangs holds no poll up', async (t) => {
  const { clock, state, slots, local } = await world(t);
  local.noteJob();
  await clock.advance(5_000);
  state.hangs = true;
  for (let i = 0; i < 60; i++) {
    local.noteJob();
    await clock.advance(5_000);
  }
  assert.deepEqual(slots, []);
  state.blind = true;
  await clock.advance(20_000);
  assert.ok(slots.length >= 20, `${slots.length} slots`);
});

test('when no hub gives out jobs for long, this process goes on by itself until one does', async (t) => {
  const { clock, slots, local } = await world(t);
  local.noteJob();
  await clock.advance(60_000);
  assert.ok(slots.length > 30);
  assert.equal(local.counters()['local_plan_active'], 1);
  local.noteJob();
  await clock.advance(3_000);
  assert.equal(local.counters()['local_plan_active'], 0);
});

const SELDOM: readonly PlanEntry[] = [{ deviceId: 1, collector: 'icmp', intervalSeconds: 300 }];

test('one who has little to do, or nothing, is not without a hub for that', async (t) => {
  const { clock, state, slots, local } = await world(t, SELDOM);
  const [partition = -1] = createPlan(SELDOM, 4).jobs({ from: 0, to: 300_000 }).keys();
  const liveFor = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      // As a hub does it: a job comes some seconds before its slot.
      const ahead = { from: clock.now() + 5_000, to: clock.now() + 6_000 };
      if (state.held.some((held) => createPlan(SELDOM, 4).jobs(ahead).has(held))) local.noteJob();
      await clock.advance(1_000);
      assert.equal(local.counters()['local_plan_active'], 0);
    }
  };
  state.held = [partition];
  await liveFor(1_000);
  state.held = [(partition + 1) % 4];
  await liveFor(1_000);
  assert.deepEqual(slots, []);
});

test('one who has little to do misses no slot when no hub plans it', async (t) => {
  const { clock, state, slots, local } = await world(t, SELDOM);
  state.held = [0, 1, 2, 3];
  await clock.advance(1_000_000);
  assert.equal(local.counters()['local_plan_active'], 1);
  assert.equal(new Set(slots).size, slots.length);
  assert.ok(slots.length >= 3, slots.join());
});

test('an outage of the database that is over is not a want of a hub, however seldom jobs come', async (t) => {
  const { clock, state, local } = await world(t, SELDOM);
  state.held = [0, 1, 2, 3];
  local.noteJob();
  // The slot is far away from here.
  const next = createPlan(SELDOM, 4).jobs({ from: clock.now(), to: clock.now() + 300_000 });
  const [job] = next.values();
  const at = (job?.base ?? 0) + (job?.groups[0]?.items[1] ?? 0);
  await clock.advance(at - clock.now() - 10_000);
  state.blind = true;
  await clock.advance(20_000);
  assert.equal(local.counters()['local_plan_active'], 1);
  state.blind = false;
  await clock.advance(60_000);
  assert.equal(local.counters()['local_plan_active'], 0);
});

test('when the database is back, polls go on here until a hub gives out jobs, not those from before', async (t) => {
  const { clock, state, slots, entries, local } = await world(t);
  local.noteJob();
  await clock.advance(5_000);
  state.blind = true;
  await clock.advance(60_000);
  state.blind = false;
  const back = clock.now();
  await clock.advance(1_000);
  local.noteJob();
  await clock.advance(3_500);
  const due = [...createPlan(entries, 4).jobs({ from: back, to: clock.now() })].flatMap(([partition, job]) =>
    state.held.includes(partition)
      ? job.groups.flatMap(({ items }) =>
          items.flatMap((item, i) => (i % 2 === 0 ? [`${partition} ${item} ${job.base + (items[i + 1] ?? 0)}`] : [])),
        )
      : [],
  );
  assert.ok(due.length > 0);
  assert.deepEqual(
    due.filter((slot) => !slots.includes(slot)),
    [],
  );
  await clock.advance(5_000);
  assert.equal(local.counters()['local_plan_active'], 0);
});

test('of a few changed devices alone the schedule is read, and what went is polled no more when nobody schedules', async (t) => {
  const { clock, state, slots, entries, asked, changed } = await world(t);
  await clock.advance(1_500);
  entries.splice(
    entries.findIndex(({ deviceId }) => deviceId === 5),
    1,
  );
  entries.push({ deviceId: 30, collector: 'icmp', intervalSeconds: 10 });
  asked.length = 0;
  changed(5);
  changed(30);
  await clock.advance(5_000);
  assert.deepEqual(asked, [[5, 30]]);
  state.held = [0, 1, 2, 3];
  state.blind = true;
  await clock.advance(12_000);
  const polled = new Set(slots.map((slot) => Number(slot.split(' ')[1])));
  assert.ok(polled.has(30) && !polled.has(5), [...polled].join());
  assert.equal(polled.size, 20);
});
