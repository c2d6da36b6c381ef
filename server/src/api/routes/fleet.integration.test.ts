import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Device, Task } from '@sotp/contract/devices.ts';
import { Fleet } from '@sotp/contract/fleet.ts';
import { createPollReport } from '#services/inventory/task-report.ts';
import { silentLog } from '#platform/log.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

let api: TestApi;
let token: string;
before(async () => {
  api = await openTestApi();
  token = await api.tokenFor('admin');
});
after(() => api.close());

const call = (method: string, path: string, body?: object) =>
  api.call(method, path, { token, ...(body ? { body } : {}) });

async function addDevice(address: string): Promise<Device> {
  const { json } = await call('POST', '/devices', { address, collectors: [{ name: 'icmp' }] });
  return json as Device;
}

async function poll(device: Device): Promise<string> {
  return (await call('POST', `/devices/${device.id}/poll`)).json.taskId;
}

test('tasks: listed newest first by state, cancelled while they wait, repeated when they are over', async () => {
  const device = await addDevice('10.0.0.1');
  const [first, second] = [await poll(device), await poll(device)];
  const listed = (await call('GET', '/tasks?limit=1')).json;
  assert.equal(listed.items[0].id, second);
  assert.equal((await call('GET', `/tasks?limit=1&cursor=${listed.nextCursor}`)).json.items[0].id, first);

  assert.equal((await call('POST', `/tasks/${second}/retry`)).status, 409);
  const cancelled = (await call('POST', `/tasks/${second}/cancel`)).json as Task;
  assert.equal(cancelled.state, 'cancelled');
  assert.equal((await call('POST', `/tasks/${second}/cancel`)).status, 409);

  // What the collector that takes it tells: the cancelled one is not wanted, the other ran here and failed.
  const report = createPollReport({ tasks: api.stores.tasks, bus: api.bus, log: silentLog, worker: 'far/1' });
  assert.equal(await report(second, null), false);
  assert.equal(await report(first, null), true);
  const error = { code: 'no_answer' as const, message: 'No answer.' };
  const run = { name: 'icmp', up: false, at: 1, durationMs: 5, error, credentialId: null };
  await report(first, [{ run }]);
  const failed = (await call('GET', '/tasks?state=failed')).json.items as Task[];
  assert.deepEqual(
    failed.map(({ id, worker, deviceId, error: why }) => [id, worker, deviceId, why?.message]),
    [[first, 'far/1', device.id, 'No answer.']],
  );
  assert.ok(failed[0]?.startedAt && failed[0].finishedAt);

  const { taskId } = (await call('POST', `/tasks/${first}/retry`)).json;
  assert.equal((await call('GET', `/tasks/${taskId}`)).json.retryOf, first);
  assert.equal(api.polls.at(-1)?.taskId, taskId);
});

test('fleet: collectors with sites and partitions, what waits, recurring work; only for admins', async () => {
  const member = { host: 'h', pid: 1 };
  await api.leases.beat({ ...member, id: 'a', name: 'near/1', sites: null }, 4, 15_000);
  await api.leases.beat({ ...member, id: 'b', name: 'oslo/1', sites: ['Oslo'] }, 4, 15_000);
  api.bus.publish('process-report', {
    role: 'collector',
    instance: 'near/1',
    at: Date.now(),
    counters: { polls_total: 10, 'syslog_dropped_total{reason="kernel"}': 3 },
    histograms: { poll_start_lag_seconds: { bounds: [0.002, 0.004], counts: [0, 100, 0], sum: 0.3 } },
  });
  api.work.push({ kind: 'backup', title: 'Backup', cron: '0 3 * * *', run: async () => ({ bytes: 7 }) });
  await api.bus.flush();
  let fleet = Fleet.parse((await call('GET', '/fleet')).json);
  for (let i = 0; i < 50 && fleet.collectors[0]?.load === null; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    fleet = Fleet.parse((await call('GET', '/fleet')).json);
  }
  assert.deepEqual(
    fleet.collectors.map(({ name, sites, partitions, load }) => [
      name,
      sites,
      partitions,
      load && Math.round(load.lagP99Ms),
      load?.dropped,
      load?.kernelDropped,
    ]),
    [
      ['near/1', null, [0, 1, 2, 3], 4, 3, 3],
      ['oslo/1', ['Oslo'], [1_000, 1_001], null, undefined, undefined],
    ],
  );
  assert.deepEqual(fleet.sites, [{ site: 'Oslo', devices: 0, collectors: 1 }]);
  assert.equal(fleet.queue.waiting, 6);

  const { status, json } = await call('POST', '/tasks', { kind: 'backup' });
  assert.equal(status, 202);
  let task = (await call('GET', `/tasks/${json.taskId}`)).json as Task;
  for (let i = 0; i < 50 && task.state !== 'done'; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    task = (await call('GET', `/tasks/${json.taskId}`)).json;
  }
  assert.deepEqual([task.state, task.worker, task.result], ['done', 'here/hub', { bytes: 7 }]);
  assert.equal((await call('POST', '/tasks', { kind: 'nothing' })).status, 404);

  assert.equal((await call('DELETE', '/fleet/sites/Oslo')).status, 409);
  await api.leases.leave('b');
  assert.equal((await call('DELETE', '/fleet/sites/Oslo')).status, 204);
  assert.equal((await call('DELETE', '/fleet/sites/Oslo')).status, 404);

  const operator = await api.tokenFor('operator');
  for (const path of ['/fleet', '/tasks']) assert.equal((await api.call('GET', path, { token: operator })).status, 403);
});

test('maintenance: set with an end, shown with its note, ended; an end in the past is refused', async () => {
  const { id } = await addDevice('10.0.0.2');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const device = (await call('PATCH', `/devices/${id}`, { maintenance: { until, note: 'new fans' } })).json as Device;
  assert.deepEqual([device.status, device.statusReason, device.maintenance?.until], ['maintenance', 'new fans', until]);
  assert.equal((await call('PATCH', `/devices/${id}`, { maintenance: null })).json.maintenance, null);
  const past = { until: '2020-01-01T00:00:00Z' };
  assert.equal((await call('PATCH', `/devices/${id}`, { maintenance: past })).status, 400);
});
