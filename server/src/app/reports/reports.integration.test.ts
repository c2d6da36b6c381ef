import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { Report } from '@sotp/contract/reports.ts';
import { resolveConfig } from '#app/config/load.ts';
import { temporaryDir, until } from '#app/testing/run-sotp.ts';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import type { Bus } from '#bus/bus.ts';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { systemActor } from '#services/access/actor.ts';
import { createAudit } from '#services/access/audit.ts';
import { createTestAlerting } from '#services/alerting/testing/alerting.ts';
import { openReceiver } from '#services/alerting/testing/receiver.ts';
import { blindDevices } from '#services/fleet/blind-devices.ts';
import { createBlindSpots } from '#services/fleet/blind-spots.ts';
import { createRecurring } from '#services/fleet/recurring.ts';
import { createReports } from '#services/reporting/reports.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { createBlindDeviceStore } from '#stores/devices/blind.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createPostgresTasks } from '#stores/tasks/postgres.ts';
import { scheduledReports } from './scheduled.ts';
import { HOSTILE, NOW, TO, fillInventory } from './testing/inventory.ts';

const HOUR_MS = 3_600_000;

const clock: Clock = {
  ...systemClock,
  now: () => NOW,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal),
};

let database: TestDatabase;
let bus: Bus;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let stored: Awaited<ReturnType<typeof fillInventory>>;
before(async () => {
  database = await openTestDatabase();
  bus = createPostgresBus({ pg: database.pg, log: silentLog });
  dir = await temporaryDir();
  stored = await fillInventory(database.pg, clock);
});
after(async () => {
  await bus.close();
  await database.close();
  await dir.remove();
});
beforeEach(async () => {
  await database.pg.query(
    `delete from notification; delete from alert; delete from channel where kind = 'webhook'; delete from tasks`,
  );
});

async function fireAlerts(): Promise<void> {
  await database.pg.query(
    `insert into alert (code, subject, state, severity, rule, summary, remedy, started_at, fired_at, resolved_at)
     select code, subject, case when until is null then 'firing' else 'resolved' end, severity, 'Rule ' || code, '', '', $1, 
       $1::timestamptz - since * interval '1 hour', $1::timestamptz - until * interval '1 hour'
     from (values ('a', 'x', 'critical', 100, 40), ('a', 'x', 'critical', 30, 29.5), ('a', 'x', 'critical', 10, 9),
       ('b', '', 'warning', 5, null), ('c', 'over', 'warning', 100, 90), ('canary_alert', '1', 'warning', 2, 1))
       as t (code, subject, severity, since, until)`,
    [new Date(TO)],
  );
}

async function world(t: { after(work: () => Promise<void>): void }, env: Record<string, string>) {
  const { devices, metrics } = stored;
  const platform = {
    audit: createAudit({ store: createPostgresAudit(database.pg), clock }),
    bus,
    clock,
    log: silentLog,
  };
  const secrets = new Map<string, string>();
  const alerting = createTestAlerting({
    pg: database.pg,
    secrets: {
      put: async (key, value) => void secrets.set(key, value),
      get: async (key) => secrets.get(key),
      delete: async (key) => void secrets.delete(key),
    },
    platform,
  });
  const blindSpots = createBlindSpots({ sources: [blindDevices(createBlindDeviceStore(database.pg))], clock });
  const reports = createReports({ devices, metrics, alerts: alerting.stores.alerts, blindSpots, clock });
  const config = resolveConfig({
    env: { SOTP_REPORT_SCHEDULE: '0 7 * * 1', SOTP_REPORT_DAYS: '2', SOTP_DATA_DIR: dir.path, ...env },
    options: {},
  });
  const { outbox } = alerting.stores;
  const tasks = createPostgresTasks(database.pg);
  const recurring = createRecurring({
    jobs: scheduledReports({ config, reports, outbox, bus, clock }),
    tasks,
    leads: () => false,
    bus,
    clock,
    log: silentLog,
    worker: 'here/hub',
  });
  await recurring.start();
  await alerting.notifier.start();
  t.after(async () => {
    await recurring.stop();
    await alerting.notifier.stop();
  });
  /** Has a report made, and answers its task when that is over. */
  async function done() {
    const { taskId } = await recurring.doNow('report', 'somebody');
    await until('the task is over', async () => (await tasks.get(taskId))?.finishedAt !== null);
    return (await tasks.get(taskId))!;
  }
  return { ...alerting, reports, done };
}

test('a report tells from what is stored how long devices were up, down and unknown, what fired, and what is blind', async (t) => {
  await fireAlerts();
  const { reports } = await world(t, {});
  const report = Report.parse(await reports.make(2));
  const hours = (Date.parse(report.to) - Date.parse(report.from)) / HOUR_MS;
  assert.equal(Date.parse(report.to), TO);
  // Nights in which the clocks are changed have an hour more or less.
  assert.ok(hours >= 47 && hours <= 49, String(hours));
  assert.deepEqual(report.devices, { counted: 5, disabled: 1, tooNew: 1 });
  const most = (hour: number) => Math.floor((hour / hours) * 100_000) / 1_000;
  assert.deepEqual(
    report.worst.map(({ name, upPercent, downHours, hours: own }) => [name, upPercent, downHours, own]),
    [
      ['silent', 0, 0, hours],
      ['half', most(24 + hours - 48), 0, hours],
      [HOSTILE, most(36 + hours - 48), 12, hours],
    ],
  );
  assert.equal(report.worst[0]?.unknownPercent, 100);
  assert.deepEqual(
    [report.polls.due, report.polls.made, report.polls.answered, report.polls.missed],
    [
      (5 * hours + 12) * 12,
      (3 * hours + 24 + hours - 48 + 12) * 12,
      (3 * hours - 12 - 24 + hours - 24 + 12) * 12,
      (hours + 24) * 12,
    ],
  );
  const { alerts } = report;
  assert.deepEqual([alerts.critical, alerts.warning], [2, 1]);
  assert.deepEqual(
    alerts.longest.map(({ rule, seconds, resolvedAt }) => [rule, seconds / 3_600, resolvedAt === null]),
    [
      ['Rule a', hours - 40, false],
      ['Rule b', 5, true],
      ['Rule a', 1, false],
      ['Rule a', 0.5, false],
    ],
  );
  assert.deepEqual(alerts.frequent, [{ rule: 'Rule a', subject: 'x', severity: 'critical', times: 2 }]);
  assert.deepEqual(
    report.filesystems.map(({ device, filesystem, usedPercent, sizeOctets }) => [
      device,
      filesystem,
      usedPercent,
      sizeOctets,
    ]),
    [
      ['well', '/grows', 90, 1_000],
      ['well', '/level', 10, 1_000],
    ],
  );
  const [grows, level] = report.filesystems;
  assert.ok(Math.abs(Date.parse(grows?.fullAt ?? '') - (NOW + 50 * HOUR_MS)) < 2 * HOUR_MS, String(grows?.fullAt));
  assert.equal(level?.fullAt, null);
  assert.ok(report.blindSpots.some(({ reason, count }) => reason === 'disabled' && count === 1));
});

test('a report is kept and sent to the channels that are named, with its words, once each', async (t) => {
  const receiver = await openReceiver();
  t.after(receiver.close);
  const { channels, alerts, done } = await world(t, { SOTP_REPORT_CHANNELS: 'ops,night watch,ops' });
  for (const name of ['ops', 'night watch', 'other']) {
    await channels.create(systemActor, { name, kind: 'webhook', settings: { url: receiver.url } });
  }
  const task = await done();
  assert.deepEqual([task.state, task.error, task.worker], ['done', null, 'here/hub']);
  await until('both have it', () => receiver.received.length >= 2);
  const log = (await alerts.notifications(systemActor, { limit: 10 })).items;
  assert.deepEqual(log.map(({ channel }) => channel).toSorted(), ['night watch', 'ops']);
  for (const { event, rule, subject, idempotencyKey } of log) {
    assert.deepEqual([event, rule], ['report', 'Report']);
    assert.match(subject, /^\d{4}-\d\d-\d\d \d\d:\d\d to /);
    const heard = receiver.received.find(({ key }) => key === idempotencyKey);
    const body = JSON.parse(heard?.body ?? '') as { event: string; report: unknown; text: string; html: string };
    assert.equal(body.event, 'report');
    assert.equal(Report.parse(body.report).devices.counted, 5);
    assert.ok(body.text.includes(HOSTILE));
    assert.ok(!body.html.includes('<img') && body.html.includes('&lt;img src=x'));
    const { file } = task.result as { file: string };
    assert.equal(readFileSync(file, 'utf8'), body.html);
  }
});

test('a name that is no channel is told in the task, nobody is sent anything, and done again it goes', async (t) => {
  const receiver = await openReceiver();
  t.after(receiver.close);
  const { channels, alerts, done } = await world(t, { SOTP_REPORT_CHANNELS: 'ops,opps' });
  const ops = await channels.create(systemActor, { name: 'ops', kind: 'webhook', settings: { url: receiver.url } });
  const failed = await done();
  assert.equal(failed.state, 'failed');
  assert.match(
    failed.error?.message ?? '',
    /sent to nobody\. “opps”: there is no such notification channel: add it.*kept as .*\.report\.html/,
  );
  await channels.create(systemActor, { name: 'opps', kind: 'webhook', settings: { url: receiver.url } });
  await channels.update(systemActor, ops.id, { enabled: false });
  assert.match((await done()).error?.message ?? '', /“ops”: this notification channel is switched off/);
  assert.deepEqual((await alerts.notifications(systemActor, { limit: 10 })).items, []);
  await channels.update(systemActor, ops.id, { enabled: true });
  assert.equal((await done()).state, 'done');
  await until('both have it', () => receiver.received.length >= 2);
});

test('two are not made at once in one process', async (t) => {
  const { reports } = await world(t, {});
  const first = reports.make(1);
  await assert.rejects(reports.make(1), { code: 'conflict', retryable: true });
  await first;
  await reports.make(1);
});
