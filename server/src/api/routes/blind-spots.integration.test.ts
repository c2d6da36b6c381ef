import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlindSpots } from '@sotp/contract/blind-spots.ts';
import type { BlindSpot } from '@sotp/contract/blind-spots.ts';
import { PROCESS_REPORT_TOPIC } from '#services/telemetry/processes.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

let api: TestApi;
let admin: string;
before(async () => {
  api = await openTestApi();
  admin = await api.tokenFor('admin');
});
after(() => api.close());

async function spots(token = admin): Promise<Map<string, BlindSpot>> {
  const { status, json } = await api.call('GET', '/blind-spots', { token });
  assert.equal(status, 200);
  return new Map(BlindSpots.parse(json).spots.map((spot) => [spot.reason, spot]));
}

async function create(address: string, site: string): Promise<string> {
  const body = { address, site, collectors: [{ name: 'icmp' }] };
  const { status, text, json } = await api.call('POST', '/devices', { token: admin, body });
  assert.equal(status, 201, text);
  return json.id;
}

const counts = (found: Map<string, BlindSpot>) => [...found].map(([reason, { count }]) => `${reason} ${count}`);

test('devices are blind spots by the reason why nobody knows how they are, and only to those who may see them', async () => {
  assert.deepEqual(counts(await spots()), []);
  const ids = [await create('10.9.0.1', 'Bern'), await create('10.9.0.2', 'Oslo'), await create('10.9.0.3', 'Oslo')];
  assert.deepEqual(counts(await spots()), ['no_process 3']);
  await api.pg.query(
    `insert into worker_member (id, host, pid, seen_until) values ('m', 'here', 1, now() + interval '1 hour')`,
  );
  assert.deepEqual(counts(await spots()), ['no_plan 3']);
  await api.pg.query(`insert into schedule_head (planned_until) values (now() + interval '1 hour')`);
  await api.pg.query(`insert into site_zone (site) values ('Oslo')`);
  const found = await spots();
  assert.deepEqual(counts(found), ['site_unserved 2', 'not_polled_yet 1']);
  assert.deepEqual(
    found.get('site_unserved')?.items.map(({ name, href, detail }) => ({ name, href, detail })),
    [
      { name: '10.9.0.2', href: `/devices/${ids[1]}`, detail: 'Oslo' },
      { name: '10.9.0.3', href: `/devices/${ids[2]}`, detail: 'Oslo' },
    ],
  );
  const bern = await api.tokenFor('viewer', { sites: ['Bern'] });
  assert.deepEqual(counts(await spots(bern)), ['not_polled_yet 1']);

  await api.call('PATCH', `/devices/${ids[0]}`, { token: admin, body: { disabled: true } });
  await api.call('PATCH', `/devices/${ids[1]}`, { token: admin, body: { collectors: [] } });
  assert.deepEqual(counts(await spots()), ['no_collectors 1', 'site_unserved 1', 'disabled 1']);
  for (const id of ids) await api.call('DELETE', `/devices/${id}`, { token: admin });
  assert.deepEqual(counts(await spots()), []);
});

test('a device that refuses its credential, or has fallen silent to it alone, is named', async () => {
  const [refusing, silent] = [await create('10.9.1.1', 'Bern'), await create('10.9.1.2', 'Bern')];
  const at = Date.now();
  const validUntil = at + 60_000;
  const write = (id: string, code: 'snmp_wrong_digest' | 'no_answer', message: string) =>
    api.stores.devices.writeState([
      {
        deviceId: Number(id),
        run: { name: 'icmp', up: true, at, durationMs: 1, error: null, credentialId: null },
        status: 'degraded',
        reason: message,
        validUntil,
        seen: true,
      },
      {
        deviceId: Number(id),
        run: { name: 'snmp', up: false, at: at + 1, durationMs: 1, error: { code, message }, credentialId: null },
        status: 'degraded',
        reason: message,
        validUntil,
        seen: false,
      },
    ]);
  await write(refusing, 'snmp_wrong_digest', 'The key is wrong.');
  await write(silent, 'no_answer', 'No answer.');
  // Silent since ever: nothing says that it is the credential.
  assert.deepEqual(counts(await spots()), ['credential_refused 1']);
  const { id } = await api.stores.credentials.create('lab', 'snmp-v2c');
  await api.stores.answers.note([
    { deviceId: Number(silent), collector: 'snmp', credentialId: id, version: 1, at: at - 60_000 },
  ]);
  const found = await spots();
  assert.deepEqual(
    found.get('credential_refused')?.items.map(({ detail }) => detail),
    ['The key is wrong.', 'No answer.'],
  );
  for (const device of [refusing, silent]) await api.call('DELETE', `/devices/${device}`, { token: admin });
});

test('a collector is told by what it says of its spools, and when it says nothing more', async () => {
  const tell = async (counters: Record<string, number>) => {
    const report = { role: 'collector', instance: 'far/1', at: api.clock.now(), counters };
    api.bus.publish(PROCESS_REPORT_TOPIC, report);
    const end = Date.now() + 5_000;
    while (JSON.stringify(api.processes.reports()[0]?.counters) !== JSON.stringify(counters)) {
      assert.ok(Date.now() < end, 'the report was not heard');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await tell({ spool_load: 0.1, spool_stalled_seconds: 0, 'samples_dropped_total{reason="spool_full"}': 5 });
  await tell({ spool_load: 0.2, spool_stalled_seconds: 1, 'samples_dropped_total{reason="spool_full"}': 5 });
  assert.deepEqual(counts(await spots()), []);
  await tell({ spool_load: 0.95, log_spool_load: 0.1, log_spool_stalled_seconds: 31, local_plan_active: 1 });
  assert.deepEqual(counts(await spots()).toSorted(), ['local_plan 1', 'spool_full 1', 'spool_stalled 1']);
  await tell({ spool_load: 0.1, 'samples_dropped_total{reason="spool_full"}': 7 });
  assert.match((await spots()).get('spool_full')?.items[0]?.detail ?? '', /^has no room$/);
  api.clock.advance(31_000);
  assert.deepEqual(counts(await spots()), ['collector_silent 1']);
  assert.deepEqual(counts(await spots(await api.tokenFor('viewer', { sites: ['Bern'] }))), []);
  api.clock.advance(25 * 3_600_000);
  assert.deepEqual(counts(await spots()), []);
});
