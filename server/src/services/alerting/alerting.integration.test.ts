import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { systemActor } from '#services/access/actor.ts';
import { createAudit } from '#services/access/audit.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type { Condition } from './conditions.ts';
import { openReceiver } from './testing/receiver.ts';
import { createTestAlerting } from './testing/alerting.ts';

/** Time that runs by itself and is set forward by the test. */
function movableClock(): Clock & { ahead: number } {
  const clock = { ...systemClock, ahead: 0, now: () => Date.now() + clock.ahead };
  return clock;
}

function memorySecrets(): SecretStore {
  const all = new Map<string, string>();
  return {
    put: async (key, value) => void all.set(key, value),
    get: async (key) => all.get(key),
    delete: async (key) => void all.delete(key),
  };
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within 15 s: ${what}`);
    await systemClock.sleep(10);
  }
}

describe('system alerts', () => {
  let database: TestDatabase;
  let bus: Bus;
  before(async () => {
    database = await openTestDatabase();
    bus = createPostgresBus({ pg: database.pg, log: silentLog });
  });
  after(async () => {
    await bus.close();
    await database.close();
  });
  beforeEach(async () => {
    await database.pg.query(`delete from notification; delete from alert; delete from channel where kind = 'webhook'`);
  });

  function world() {
    const clock = movableClock();
    const audit = createAudit({ store: createPostgresAudit(database.pg), clock });
    const secrets = memorySecrets();
    const platform = { audit, bus, clock, log: silentLog };
    const made = createTestAlerting({ pg: database.pg, secrets, platform });
    const told: { conditions: Condition[] | null } = { conditions: [] };
    made.sources.push({ codes: ['spool_stalled', 'spool_full'], look: async () => told.conditions });
    const channel = (name: string, url: string) =>
      made.channels.create(systemActor, { name, kind: 'webhook', settings: { url } });
    const evaluate = (aheadMs: number) => {
      clock.ahead += aheadMs;
      return made.evaluator.evaluate();
    };
    const list = async () => (await made.alerts.list(systemActor, { limit: 100 })).items;
    const log = async () => (await made.alerts.notifications(systemActor, { limit: 100 })).items;
    return { ...made, clock, told, channel, evaluate, list, log, platform, secrets };
  }
  const stalled: Condition = { code: 'spool_stalled', subject: 'a/1: spool', truth: 'holds', summary: 'stalled' };

  test('fires after its wait, is one alert while it comes and goes, and is resolved after the condition is gone', async () => {
    const { told, evaluate, list } = world();
    told.conditions = [stalled];
    await evaluate(0);
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['pending'],
    );
    await evaluate(15_000);
    told.conditions = [];
    await evaluate(5_000);
    told.conditions = [stalled];
    await evaluate(5_000);
    assert.deepEqual(
      (await list()).map(({ state, code, severity }) => [state, code, severity]),
      [['firing', 'spool_stalled', 'critical']],
    );
    told.conditions = [];
    await evaluate(1_000);
    await evaluate(20_000);
    const [alert] = await list();
    assert.equal(alert?.state, 'resolved');
    assert.ok(alert.startedAt < alert.firedAt! && alert.firedAt! < alert.resolvedAt!);
  });

  test('what nobody can tell changes nothing; what is gone before it fires leaves nothing', async () => {
    const { told, evaluate, list } = world();
    told.conditions = [stalled];
    await evaluate(0);
    told.conditions = null;
    await evaluate(60_000);
    told.conditions = [{ ...stalled, truth: 'unknown' }];
    await evaluate(60_000);
    assert.equal((await list())[0]?.state, 'pending');
    told.conditions = [];
    await evaluate(1_000);
    assert.deepEqual(await list(), []);
  });

  test('a hub that takes over goes on with what the other has begun, and resolves what ended while nobody looked', async () => {
    const first = world();
    first.told.conditions = [stalled];
    await first.evaluate(0);
    const second = world();
    second.told.conditions = [stalled];
    await second.evaluate(15_000);
    assert.equal((await second.list())[0]?.state, 'firing');
    // The first one wakes up and still believes what it knew: nothing is written twice.
    first.told.conditions = [stalled];
    await Promise.all([first.evaluate(16_000), second.evaluate(1_000)]);
    const third = world();
    await third.evaluate(20_000);
    await third.evaluate(20_000);
    const { rows } = await database.pg.query<{ state: string }>('select state from alert');
    assert.deepEqual(rows, [{ state: 'resolved' }]);
  });

  test('a dead receiver holds up nobody: the other one has everything, and it gets all that waited, in order', async () => {
    const dead = await openReceiver((response) => response.writeHead(503).end());
    const alive = await openReceiver();
    const { told, evaluate, channel, notifier, log, clock } = world();
    await channel('dead', dead.url);
    await channel('alive', alive.url);
    await notifier.start();
    try {
      for (const subject of ['a', 'b', 'c']) {
        told.conditions = [{ ...stalled, subject }];
        await evaluate(0);
        await evaluate(15_000);
        told.conditions = [];
        await evaluate(1_000);
        await evaluate(15_000);
      }
      await until('the living one has all', () => alive.received.length === 6);
      assert.ok((await log()).some(({ channel: name, error }) => name === 'dead' && /status 503/.test(error ?? '')));
      dead.how.answer = (response) => response.end();
      await until('the other one as well', async () => {
        clock.ahead += 60_000;
        return (await log()).every(({ state }) => state === 'sent');
      });
      for (const subject of ['a', 'b', 'c']) {
        const heard = dead.received.filter(({ alert }) => alert.subject === subject);
        const events = heard.map(({ event }) => event);
        assert.ok(events.lastIndexOf('fired') < events.indexOf('resolved'), events.join());
        const keys = new Set(heard.map(({ event, key }) => `${event} ${key}`));
        assert.equal(keys.size, 2, 'a repetition has the same key');
      }
    } finally {
      await notifier.stop();
      await dead.close();
      await alive.close();
    }
  });

  test('what cannot be sent within a day is dead and says why; so is what waits for a channel that is removed', async () => {
    const { told, evaluate, channel, channels, notifier, log, clock } = world();
    const { id } = await channel('private', 'http://10.1.2.3/');
    told.conditions = [stalled];
    await evaluate(0);
    await evaluate(15_000);
    await notifier.start();
    try {
      await until('it was tried', async () => typeof (await log())[0]?.error === 'string');
      assert.match((await log())[0]?.error ?? '', /alerting\.allowedTargets/);
      clock.ahead += 86_400_000;
      await until('it is given up', async () => (await log())[0]?.state === 'dead');
      await channels.update(systemActor, id, { enabled: false });
      told.conditions = [];
      await evaluate(0);
      await evaluate(15_000);
      assert.equal((await log()).length, 1, 'a channel that is switched off gets nothing new');
      await channels.update(systemActor, id, { enabled: true });
      const { notificationId } = await channels.test(systemActor, id);
      await channels.remove(systemActor, id);
      const removed = (await log()).find((one) => one.id === notificationId);
      assert.deepEqual([removed?.state, removed?.channelId, removed?.channel], ['dead', null, 'private']);
    } finally {
      await notifier.stop();
    }
  });
});
