import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import test, { after, before, describe } from 'node:test';
import { WebSocket } from 'ws';
import { openReceiver } from '#services/alerting/testing/receiver.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const CONDITION = {
  code: 'spool_full',
  subject: 'a/1: spool',
  truth: 'holds',
  summary: 'a/1: spool is 93 % full.',
} as const;

describe('alerts by the API', { timeout: 60_000 }, () => {
  let api: TestApi;
  let admin: string;
  let viewer: string;
  before(async () => {
    api = await openTestApi();
    admin = await api.tokenFor('admin');
    viewer = await api.tokenFor('viewer');
  });
  after(() => api.close());

  async function fire(): Promise<string> {
    api.alerting.sources.push({ codes: [CONDITION.code], look: async () => [CONDITION] });
    await api.alerting.evaluator.evaluate();
    api.clock.advance(10_000);
    await api.alerting.evaluator.evaluate();
    return (await api.call('GET', '/alerts?state=firing', { token: viewer })).json.items[0].id;
  }

  test('a channel is added, changed, tried and removed; its address never comes out again', async () => {
    const receiver = await openReceiver();
    const notifier = api.alerting.notifier;
    await notifier.start();
    try {
      const made = await api.call('POST', '/channels', {
        token: admin,
        body: { name: 'ops', kind: 'webhook', settings: { url: receiver.url } },
      });
      assert.equal(made.status, 201, made.text);
      const { id, target } = made.json;
      assert.equal(target, new URL(receiver.url).origin);
      const tried = await api.call('POST', `/channels/${id}/test`, { token: admin });
      assert.equal(tried.status, 202);
      for (let state = ''; state !== 'sent';) {
        state = (await api.call('GET', `/notifications?channel=${id}`, { token: viewer })).json.items[0].state;
      }
      assert.equal(receiver.received[0]?.event, 'test');
      const same = { name: 'ops', kind: 'webhook', settings: { url: 'https://hooks.example.net/x' } };
      assert.equal((await api.call('POST', '/channels', { token: admin, body: same })).json.error.code, 'conflict');
      const patched = await api.call('PATCH', `/channels/${id}`, {
        token: admin,
        body: { settings: { url: 'https://hooks.example.net/t0k3n' }, enabled: false },
      });
      assert.deepEqual([patched.json.target, patched.json.enabled], ['https://hooks.example.net', false]);
      assert.equal((await api.call('POST', `/channels/${id}/test`, { token: admin })).json.error.code, 'conflict');
      const seen = await Promise.all(
        ['/channels', '/notifications', '/audit?limit=100'].map((path) => api.call('GET', path, { token: admin })),
      );
      for (const { text } of [made, patched, ...seen]) assert.ok(!/s3cr3t-path|t0k3n/.test(text), text);
      const { rows } = await api.pg.query<{ row: string }>('select c::text as row from channel c');
      assert.ok(rows.every(({ row }) => !/s3cr3t|t0k3n/.test(row)));
      assert.equal((await api.call('DELETE', `/channels/${id}`, { token: admin })).status, 204);
      assert.equal((await api.call('DELETE', `/channels/${id}`, { token: admin })).status, 404);
      assert.equal(await api.stores.secrets.get(`channel/${id}`), undefined);
    } finally {
      await notifier.stop();
      await receiver.close();
    }
  });

  test('an address that is none, or of another scheme, is refused with the field', async () => {
    for (const url of ['', 'hooks.example.net', 'ftp://example.net/', 'javascript:alert(1)']) {
      const { status, json } = await api.call('POST', '/channels', {
        token: admin,
        body: { name: 'x', kind: 'webhook', settings: { url } },
      });
      assert.deepEqual([status, json.error.details.fields[0].path], [400, 'settings.url'], url);
    }
  });

  test('an alert is told live, listed, counted and acknowledged once; a site’s user sees none of it', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${viewer}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, { headers });
    await new Promise((resolve) => socket.once('open', resolve));
    const news = new Promise<{ data: { alertId: string; state: string } }>((resolve) => {
      socket.on('message', (text) => {
        const message = JSON.parse(String(text));
        if (message.data?.state === 'firing') resolve(message);
      });
    });
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', topic: 'alerts' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const id = await fire();
    assert.equal((await news).data.alertId, id);
    socket.close();
    const summary = await api.call('GET', '/alerts/summary', { token: viewer });
    assert.deepEqual(summary.json, { critical: 0, warning: 1, unacknowledged: 1 });
    assert.equal((await api.call('POST', `/alerts/${id}/acknowledge`, { token: viewer, body: {} })).status, 403);
    const said = await api.call('POST', `/alerts/${id}/acknowledge`, { token: admin, body: { note: 'disk ordered' } });
    assert.deepEqual([said.status, said.json.note, said.json.summary], [200, 'disk ordered', CONDITION.summary]);
    const again = await api.call('POST', `/alerts/${id}/acknowledge`, { token: admin });
    assert.deepEqual([again.status, again.json.acknowledgedAt], [200, said.json.acknowledgedAt]);
    assert.equal((await api.call('GET', '/alerts/summary', { token: viewer })).json.unacknowledged, 0);
    assert.match((await api.call('GET', '/audit?action=alert.acknowledge', { token: admin })).text, /disk ordered/);
    const north = await api.tokenFor('operator', { sites: ['north'] });
    assert.deepEqual((await api.call('GET', '/alerts', { token: north })).json.items, []);
    assert.deepEqual((await api.call('GET', '/notifications', { token: north })).json.items, []);
    assert.equal((await api.call('POST', `/alerts/${id}/acknowledge`, { token: north, body: {} })).status, 404);
    assert.equal((await api.call('POST', '/alerts/987654/acknowledge', { token: admin, body: {} })).status, 404);
  });
});
