import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import test, { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Topic } from '@sotp/contract/live.ts';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { packLines } from '#services/logs/tail-lines.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const PASSWORD = 'correct horse battery';

/** One client: what it was sent, and how it ended. */
function connect(port: number, headers: Record<string, string>) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, { headers });
  const received: { type: string; id: string; data?: unknown; code?: string; dropped?: number }[] = [];
  const waiting: (() => void)[] = [];
  const wake = () => waiting.splice(0).forEach((each) => each());
  const ended = new Promise<{ code: number; refused?: number }>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve({ code: 0, refused: response.statusCode ?? 0 }));
    socket.on('close', (code) => resolve({ code }));
    socket.on('error', () => undefined);
  });
  socket.on('message', (data) => {
    received.push(JSON.parse(String(data)));
    wake();
  });
  return {
    socket,
    received,
    ended,
    opened: new Promise<void>((resolve) => socket.on('open', () => resolve())),
    send: (message: object | string) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async until(found: () => boolean): Promise<void> {
      while (!found()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

describe('the live stream', { timeout: 240_000 }, () => {
  let api: TestApi;
  let port: number;
  let token: string;
  let device: string;
  before(async () => {
    api = await openTestApi();
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    port = (api.app.server.address() as AddressInfo).port;
    token = await api.tokenFor('operator');
    device = (await api.call('POST', '/devices', { token, body: { address: '10.0.0.1', site: 'north' } })).json.id;
  });
  after(() => api.close());
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
  const samples = (deviceId: string, metric = 'm') => ({
    deviceId,
    collector: 'snmp',
    at: 1,
    polledAt: 1,
    restarted: false,
    samples: [{ metric, labels: {}, kind: 'gauge', unit: null, value: 1 }],
  });

  test('opens for a token, or for the cookie from our own pages; for nobody else', async () => {
    await api.access.ensureAdmin(PASSWORD);
    const login = await api.call('POST', '/auth/login', { body: { username: 'admin', password: PASSWORD } });
    const cookie = String(login.headers['set-cookie']).split(';')[0]!;
    const own = `http://127.0.0.1:${port}`;
    const refused: [Record<string, string>, number][] = [
      [{}, 401],
      [bearer('sotp_wrong'), 401],
      [{ cookie }, 403],
      [{ cookie, origin: 'https://evil.example' }, 403],
      [{ cookie, origin: 'null' }, 403],
      [{ cookie: 'sotp_session=1.x', origin: own }, 401],
    ];
    for (const [headers, status] of refused) {
      assert.deepEqual(await connect(port, headers).ended, { code: 0, refused: status }, JSON.stringify(headers));
    }
    for (const headers of [bearer(token), { cookie, origin: own }]) {
      const client = connect(port, headers as Record<string, string>);
      await client.opened;
      client.socket.close();
    }
  });

  test('events arrive for what was subscribed, and collectors hear that somebody listens', async () => {
    const interest: unknown[] = [];
    await api.bus.subscribe('interest', (message) => interest.push(message));
    const client = connect(port, bearer(token));
    await client.opened;
    client.send({ type: 'subscribe', id: 'd', topic: 'devices' });
    client.send({ type: 'subscribe', id: 's', topic: 'samples', filter: { device, metric: 'm' } });
    // Subscribing is quick but not instant: news repeat until they are heard.
    const repeat = setInterval(() => {
      api.bus.publish('devices', { deviceId: device, change: 'updated' });
      api.bus.publish(`samples/${device}`, {
        ...samples(device),
        samples: [...samples(device).samples, ...samples(device, 'x').samples],
      });
      api.bus.publish(`samples/${device}`, samples(device, 'other'));
    }, 20);
    await client.until(
      () =>
        client.received.some(({ id }) => id === 'd') &&
        client.received.some(({ id }) => id === 's') &&
        interest.length > 0,
    );
    clearInterval(repeat);
    const event = client.received.find(({ id }) => id === 'd');
    assert.deepEqual(event, { type: 'event', id: 'd', data: { deviceId: device, change: 'updated' } });
    const seen = client.received
      .filter(({ id }) => id === 's')
      .map(({ data }) => (data as ReturnType<typeof samples>).samples);
    assert.ok(seen.every((list) => list.length === 1 && list[0]?.metric === 'm'));
    assert.ok(interest.some((message) => JSON.stringify(message).includes(`samples/${device}`)));
    client.socket.close();
  });

  test('lines that come together are events one by one', async () => {
    const wishes: string[] = [];
    const stop = await api.bus.subscribe('log-tails', (message) => wishes.push((message as { id: string }).id));
    const client = connect(port, bearer(token));
    await client.opened;
    client.send({ type: 'subscribe', id: 'l', topic: 'logs', filter: {} });
    while (wishes.length === 0) await sleep(5);
    const lines = Array.from({ length: 300 }, (_, n) => ({ message: `line ${n}` }) as LogEntry);
    for (const piece of packLines(lines)) api.bus.publish(`logs/${wishes[0]}`, { lines: piece, dropped: 0 });
    await client.until(() => client.received.length === 300);
    assert.deepEqual(
      client.received,
      lines.map((data) => ({ type: 'event', id: 'l', data })),
    );
    client.socket.close();
    await stop();
  });

  test('a task tells how far it is', async () => {
    const client = connect(port, bearer(token));
    await client.opened;
    const { taskId } = (await api.call('POST', `/devices/${device}/poll`, { token })).json;
    client.send({ type: 'subscribe', id: 't', topic: 'tasks', filter: { task: taskId } });
    const repeat = setInterval(() => api.bus.publish('tasks', { taskId }), 20);
    await client.until(() => client.received.length > 0);
    clearInterval(repeat);
    assert.equal((client.received[0]?.data as { id?: string } | undefined)?.id, taskId);
    client.socket.close();
  });

  test('what may not be seen cannot be subscribed, and is not told', async () => {
    const south = await api.tokenFor('viewer', { sites: ['south'] });
    const own = (await api.call('POST', '/devices', { token, body: { address: '10.0.0.2', site: 'south' } })).json.id;
    const client = connect(port, bearer(south));
    await client.opened;
    const wrong: [object | string, string][] = [
      [{ type: 'subscribe', id: '1', topic: 'samples', filter: { device } }, 'not_found'],
      [{ type: 'subscribe', id: '2', topic: 'devices', filter: { device } }, 'not_found'],
      [{ type: 'subscribe', id: '3', topic: 'samples' }, 'validation_failed'],
      [{ type: 'subscribe', id: '4', topic: 'passwords' as Topic }, 'validation_failed'],
      ['{', 'validation_failed'],
      ['[]', 'validation_failed'],
      [{ type: 'subscribe', id: '5', topic: 'devices', extra: 1 }, 'validation_failed'],
    ];
    for (const [message, code] of wrong) {
      const before = client.received.length;
      client.send(message);
      await client.until(() => client.received.length > before);
      assert.deepEqual([client.received.at(-1)?.type, client.received.at(-1)?.code], ['error', code]);
    }
    client.received.length = 0;
    client.send({ type: 'subscribe', id: 'all', topic: 'devices' });
    const repeat = setInterval(() => {
      api.bus.publish('devices', { deviceId: device, change: 'status', status: 'down' });
      api.bus.publish('devices', { deviceId: own, change: 'status', status: 'up' });
    }, 20);
    await client.until(() => client.received.length >= 5);
    clearInterval(repeat);
    for (const { data } of client.received) assert.equal((data as { deviceId: string }).deviceId, own);
    client.socket.close();
  });

  test('a device that is moved to another site is no longer told to those of the old one', async () => {
    const body = { address: '10.0.0.3', site: 'south' };
    const { id } = (await api.call('POST', '/devices', { token, body })).json;
    const client = connect(port, bearer(await api.tokenFor('viewer', { sites: ['south'] })));
    await client.opened;
    client.send({ type: 'subscribe', id: 's', topic: 'samples', filter: { device: id } });
    const repeat = setInterval(() => api.bus.publish(`samples/${id}`, samples(id)), 10);
    await client.until(() => client.received.length > 2);
    await api.call('PATCH', `/devices/${id}`, { token, body: { site: 'north' } });
    let quiet = 0;
    for (let wait = 0; wait < 200 && quiet < 10; wait++) {
      const before = client.received.length;
      await new Promise((resolve) => setTimeout(resolve, 30));
      quiet = client.received.length === before ? quiet + 1 : 0;
    }
    clearInterval(repeat);
    assert.equal(quiet, 10, 'samples went on');
    client.socket.close();
  });

  test('ends at once when the token is revoked, the user signs out or is disabled', async () => {
    const admin = await api.tokenFor('admin');
    const made = (await api.call('POST', '/tokens', { token: admin, body: { name: 't', role: 'viewer' } })).json;
    const byToken = connect(port, bearer(made.token));
    await byToken.opened;
    await api.call('DELETE', `/tokens/${made.id}`, { token: admin });
    assert.equal((await byToken.ended).code, 1008);

    const body = { username: 'live', role: 'viewer', password: PASSWORD };
    const { id } = (await api.call('POST', '/users', { token: admin, body })).json;
    const origin = `http://127.0.0.1:${port}`;
    const signIn = async () => {
      const login = await api.call('POST', '/auth/login', { body: { username: 'live', password: PASSWORD } });
      const cookie = String(login.headers['set-cookie']).split(';')[0]!;
      const client = connect(port, { cookie, origin });
      await client.opened;
      return { client, cookie };
    };
    const out = await signIn();
    await api.call('POST', '/auth/logout', { headers: { cookie: out.cookie, origin: 'http://localhost' } });
    assert.equal((await out.client.ended).code, 1008);
    const disabled = await signIn();
    await api.call('PATCH', `/users/${id}`, { token: admin, body: { disabled: true } });
    assert.equal((await disabled.client.ended).code, 1008);
  });

  test('a message beyond 64 KiB, many fragments, or a flood ends the connection', async () => {
    const large = connect(port, bearer(token));
    await large.opened;
    large.send('x'.repeat(65 * 1024));
    assert.equal((await large.ended).code, 1009);
    const pieces = connect(port, bearer(token));
    await pieces.opened;
    for (let n = 0; n < 100; n++) pieces.socket.send('x', { fin: false });
    assert.ok([1006, 1008, 1009].includes((await pieces.ended).code));
    const flood = connect(port, bearer(token));
    await flood.opened;
    for (let n = 0; n < 700; n++) flood.socket.ping();
    // The close frame may be overtaken by the reset that what still comes in provokes.
    assert.ok([1006, 1008].includes((await flood.ended).code));
  });
});
