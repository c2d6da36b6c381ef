import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Bus } from '#bus/bus.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import type { StoredTask, TaskStore } from '#stores/tasks/tasks.ts';
import { createRecurring, nextAfter } from './recurring.ts';

const HOUR_MS = 3_600_000;

async function world(t: TestContext, cron: string) {
  // 2026-11-26 00:10 in the zone of this machine.
  const clock = createFakeClock(new Date(2026, 10, 26, 0, 10).getTime());
  const stored: StoredTask[] = [];
  const state = { leads: true, fails: false, away: false };
  const tasks: Partial<TaskStore> = {
    async create({ kind, createdBy }) {
      const task: StoredTask = {
        id: `t${stored.length}`,
        kind,
        createdBy,
        state: 'waiting',
        progress: 0,
        deviceId: null,
        deviceName: null,
        createdAt: clock.now(),
        startedAt: null,
        finishedAt: null,
        worker: null,
        retryOf: null,
        result: undefined,
        error: null,
      };
      stored.push(task);
      return task;
    },
    list: async () => stored.slice(-1),
    get: async (id) => stored.find((task) => task.id === id),
    async update(id, change) {
      if (state.away) throw new AppError('database_unavailable', 'The database is away.');
      const at = stored.findIndex((task) => task.id === id);
      stored[at] = { ...stored[at]!, ...change };
      return true;
    },
  };
  const bus: Partial<Bus> = { subscribe: async () => async () => undefined, publish: () => undefined };
  const recurring = createRecurring({
    jobs: [
      {
        kind: 'backup',
        title: 'Backup',
        cron,
        async run() {
          if (state.fails) {
            state.away = true;
            throw new AppError('database_unavailable', 'The database is away.');
          }
          return { file: 'x' };
        },
      },
    ],
    tasks: tasks as TaskStore,
    leads: () => state.leads,
    bus: bus as Bus,
    clock,
    log: silentLog,
    worker: 'here/hub',
  });
  await recurring.start();
  t.after(async () => {
    const stopped = recurring.stop();
    await clock.advance(30_000);
    await stopped;
  });
  return { clock, stored, state, recurring };
}

test('work is done when it is due, once, as a task that says where and how it ended', async (t) => {
  const { clock, stored } = await world(t, '30 2 * * *');
  await clock.advance(2 * HOUR_MS);
  assert.equal(stored.length, 0);
  await clock.advance(24 * HOUR_MS);
  assert.deepEqual(
    stored.map(({ state: end, worker, result }) => [end, worker, result]),
    [['done', 'here/hub', { file: 'x' }]],
  );
});

test('when the database goes meanwhile, the task fails and says so as soon as it is back', async (t) => {
  const { clock, stored, state } = await world(t, '30 2 * * *');
  state.fails = true;
  await clock.advance(24 * HOUR_MS);
  assert.deepEqual(
    stored.map((task) => task.state),
    ['running'],
  );
  state.away = false;
  await clock.advance(60_000);
  assert.deepEqual([stored[0]?.state, stored[0]?.error?.message], ['failed', 'The database is away.']);
});

test('what a hub was doing when it was killed has failed, as the next one of its name says; that of others goes on', async (t) => {
  const { clock, stored, recurring } = await world(t, '30 2 * * *');
  const { taskId } = await recurring.doNow('backup', 'somebody');
  await clock.advance(1_000);
  const [task] = stored;
  assert.deepEqual([task?.id, task?.state], [taskId, 'done']);
  for (const [worker, state] of [
    ['there/hub', 'running'],
    ['here/hub', 'failed'],
  ] as const) {
    stored[0] = { ...task!, state: 'running', worker };
    await recurring.stop();
    await recurring.start();
    await clock.advance(60_000);
    assert.equal(stored[0].state, state);
  }
  assert.match(stored[0]?.error?.message ?? '', /ended meanwhile: have it done once more/);
});

test('only the hub that leads does it; what it missed is done once when it leads again', async (t) => {
  const { clock, stored, state } = await world(t, '0 * * * *');
  state.leads = false;
  await clock.advance(5 * HOUR_MS);
  assert.equal(stored.length, 0);
  state.leads = true;
  await clock.advance(60_000);
  assert.equal(stored.length, 1);
});

for (const [name, jump] of [
  ['a day forward', 24 * HOUR_MS],
  ['two hours back', -2 * HOUR_MS],
] as const) {
  test(`a clock that jumps ${name} brings one run at most`, async (t) => {
    const { clock, stored } = await world(t, '0 * * * *');
    await clock.advance(HOUR_MS);
    const before = stored.length;
    clock.jump(jump);
    await clock.advance(60_000);
    assert.ok(stored.length - before <= 1);
  });
}

test('a time that summer time leaves out or brings twice comes once a day', () => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    for (const [from, days] of [
      [Date.UTC(2026, 2, 27), 5],
      [Date.UTC(2026, 9, 23), 5],
    ] as const) {
      const instants: number[] = [];
      for (let at = nextAfter('30 2 * * *', from); at < from + days * 24 * HOUR_MS; at = nextAfter('30 2 * * *', at)) {
        instants.push(at);
      }
      assert.equal(instants.length, days, instants.map((at) => new Date(at).toISOString()).join(' '));
    }
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});
