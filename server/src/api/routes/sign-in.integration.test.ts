import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { createFakeClock, openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const PASSWORD = 'correct horse battery';
const ORIGIN = 'http://localhost:80';

async function signIn(api: TestApi, username: string, password: string, more: object = {}) {
  const answer = await api.call('POST', '/auth/login', { body: { username, password }, ...more });
  return { ...answer, cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' };
}

async function addUser(api: TestApi, token: string, username: string, role = 'viewer'): Promise<string> {
  const answer = await api.call('POST', '/users', { token, body: { username, role, password: PASSWORD } });
  return answer.json.id;
}

describe('the first administrator', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  test('comes by a link that works once, and only the newest one', async () => {
    assert.deepEqual((await api.call('GET', '/auth/setup')).json, { required: true });
    assert.equal((await signIn(api, 'admin', 'whatever')).json.error.code, 'setup_required');
    const first = await api.access.ensureAdmin();
    const { setupToken } = await api.access.ensureAdmin();
    const complete = (token?: string) => api.call('POST', '/auth/setup', { body: { token, password: PASSWORD } });
    assert.equal((await complete(first.setupToken)).json.error.code, 'setup_link_invalid');
    const done = await complete(setupToken);
    assert.equal(done.status, 200);
    assert.equal(done.json.user.role, 'admin');
    assert.match(
      String(done.headers['set-cookie']),
      /^sotp_session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    assert.equal((await complete(setupToken)).json.error.code, 'setup_link_invalid');
    assert.deepEqual((await api.call('GET', '/auth/setup')).json, { required: false });
    assert.deepEqual(await api.access.ensureAdmin('another password'), {});
    assert.equal((await signIn(api, 'admin', 'another password')).status, 401);
    assert.equal((await signIn(api, 'ADMIN', PASSWORD)).status, 200);
  });

  test('the last one who can sign in can be neither removed, disabled nor demoted', async () => {
    const { cookie } = await signIn(api, 'admin', PASSWORD);
    const headers = { cookie, origin: ORIGIN };
    const me = (await api.call('GET', '/auth/me', { headers: { cookie } })).json.user.id;
    for (const body of [{ disabled: true }, { role: 'viewer' }]) {
      assert.equal((await api.call('PATCH', `/users/${me}`, { headers, body })).json.error.code, 'conflict');
    }
    assert.equal((await api.call('DELETE', `/users/${me}`, { headers })).json.error.code, 'conflict');
    assert.equal((await api.call('GET', '/auth/me', { headers: { cookie } })).status, 200);
  });
});

describe('sessions', () => {
  let api: TestApi;
  let admin: string;
  before(async () => {
    api = await openTestApi();
    await api.access.ensureAdmin(PASSWORD);
    admin = await api.tokenFor('admin');
  });
  after(() => api.close());
  const me = (cookie: string) => api.call('GET', '/auth/me', { headers: { cookie } });

  test('a sign-in gives a new session and ends the one that was brought along', async () => {
    await addUser(api, admin, 'anna');
    const first = await signIn(api, 'anna', PASSWORD);
    const second = await signIn(api, 'anna', PASSWORD, { headers: { cookie: first.cookie, origin: ORIGIN } });
    assert.notEqual(first.cookie, second.cookie);
    assert.equal((await me(first.cookie)).status, 401);
    assert.equal((await me(second.cookie)).json.user.username, 'anna');
    const planted = 'sotp_session=1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    assert.equal((await me(planted)).status, 401);
    const after = await signIn(api, 'anna', PASSWORD, { headers: { cookie: planted, origin: ORIGIN } });
    assert.notEqual(after.cookie, planted);
  });

  test('signing out, a new password, a new role, being disabled or removed: each ends the session', async () => {
    const endings: [string, (id: string, cookie: string) => Promise<unknown>][] = [
      ['out', (_id, cookie) => api.call('POST', '/auth/logout', { headers: { cookie, origin: ORIGIN } })],
      ['password', (id) => api.call('PATCH', `/users/${id}`, { token: admin, body: { password: 'another one!' } })],
      ['role', (id) => api.call('PATCH', `/users/${id}`, { token: admin, body: { role: 'operator' } })],
      ['scope', (id) => api.call('PATCH', `/users/${id}`, { token: admin, body: { scope: { sites: [] } } })],
      ['disabled', (id) => api.call('PATCH', `/users/${id}`, { token: admin, body: { disabled: true } })],
      ['removed', (id) => api.call('DELETE', `/users/${id}`, { token: admin })],
    ];
    for (const [name, end] of endings) {
      const id = await addUser(api, admin, `user-${name}`);
      const { cookie } = await signIn(api, `user-${name}`, PASSWORD);
      assert.equal((await me(cookie)).status, 200);
      await end(id, cookie);
      assert.equal((await me(cookie)).status, 401, name);
    }
  });

  test('a session ends after a day without use and after seven days of use', async () => {
    await addUser(api, admin, 'idle');
    const idle = await signIn(api, 'idle', PASSWORD);
    api.clock.advance(25 * 3_600_000);
    assert.equal((await me(idle.cookie)).status, 401);
    const busy = await signIn(api, 'idle', PASSWORD);
    for (let hours = 0; hours < 7 * 24; hours += 12) {
      assert.equal((await me(busy.cookie)).status, 200, `${hours} h`);
      api.clock.advance(12 * 3_600_000);
    }
    api.clock.advance(1);
    assert.equal((await me(busy.cookie)).status, 401);
  });

  test('your own password: the old one is asked for, other sessions end, this one goes on', async () => {
    await addUser(api, admin, 'paul');
    const other = await signIn(api, 'paul', PASSWORD);
    const { cookie } = await signIn(api, 'paul', PASSWORD);
    const headers = { cookie, origin: ORIGIN };
    const change = (current: string) =>
      api.call('POST', '/auth/password', { headers, body: { current, password: 'new and longer' } });
    assert.equal((await change('wrong')).json.error.code, 'invalid_credentials');
    const changed = await change(PASSWORD);
    assert.equal(changed.status, 200);
    assert.equal((await me(other.cookie)).status, 401);
    assert.equal((await me(String(changed.headers['set-cookie']).split(';')[0]!)).status, 200);
    assert.equal((await signIn(api, 'paul', 'new and longer')).status, 200);
  });

  test('a token that has expired says so, a revoked one is unknown', async () => {
    const expiresAt = new Date(api.clock.now() + 60_000).toISOString();
    const made = await api.call('POST', '/tokens', {
      token: admin,
      body: { name: 'short', role: 'viewer', expiresAt },
    });
    assert.equal(made.status, 201);
    assert.equal((await api.call('GET', '/devices', { token: made.json.token })).status, 200);
    api.clock.advance(60_001);
    const late = await api.call('GET', '/devices', { token: made.json.token });
    assert.deepEqual([late.status, late.json.error.code], [401, 'token_expired']);
    const other = (await api.call('POST', '/tokens', { token: admin, body: { name: 'b', role: 'viewer' } })).json;
    assert.equal((await api.call('DELETE', `/tokens/${other.id}`, { token: admin })).status, 204);
    assert.equal((await api.call('GET', '/devices', { token: other.token })).json.error.code, 'unauthenticated');
    const list = await api.call('GET', '/tokens', { token: admin });
    assert.ok(!list.text.includes(made.json.token.slice(5)));
  });
});

describe('guessing', () => {
  let api: TestApi;
  let admin: string;
  before(async () => {
    api = await openTestApi({ clock: createFakeClock() });
    await api.access.ensureAdmin(PASSWORD);
    admin = await api.tokenFor('admin');
  });
  after(() => api.close());
  const from = (address: string) => ({ remoteAddress: address });

  test('ten guesses, then no password is looked at any more; the owner at his usual desk still gets in', async () => {
    await addUser(api, admin, 'olga');
    assert.equal((await signIn(api, 'olga', PASSWORD, from('10.0.0.1'))).status, 200);
    let refused = 0;
    for (let guess = 0; guess < 30; guess++) {
      // Every guess from another address: the account's own limit must hold.
      const answer = await signIn(api, 'olga', `guess ${guess}`, from(`10.9.0.${guess}`));
      if (answer.status === 429) {
        refused += 1;
        assert.ok(Number(answer.headers['retry-after']) > 0);
      } else assert.equal(answer.json.error.code, 'invalid_credentials');
    }
    assert.equal(refused, 20);
    assert.equal((await signIn(api, 'olga', PASSWORD, from('10.9.1.1'))).status, 429);
    assert.equal((await signIn(api, 'olga', PASSWORD, from('10.0.0.1'))).status, 200);
    const trail = await api.call('GET', '/audit?action=sign-in.limited', { token: admin });
    assert.deepEqual(
      trail.json.items.map(({ details }: { details: object }) => details),
      [{ account: 'olga' }],
    );
  });

  test('an address that failed thirty times is shut out, whatever names it tries; others are not', async () => {
    await addUser(api, admin, 'otto');
    await addUser(api, admin, 'neighbour');
    assert.equal((await signIn(api, 'neighbour', PASSWORD, from('10.7.0.1'))).status, 200);
    for (let guess = 0; guess < 30; guess++) {
      assert.equal((await signIn(api, `nobody-${guess}`, 'x', from('10.7.0.1'))).status, 401);
    }
    assert.equal((await signIn(api, 'otto', PASSWORD, from('10.7.0.1'))).status, 429);
    assert.equal((await signIn(api, 'neighbour', PASSWORD, from('10.7.0.1'))).status, 200);
    assert.equal((await signIn(api, 'otto', PASSWORD, from('10.7.0.2'))).status, 200);
  });

  test('all addresses of one IPv6 /64 are one', async () => {
    for (let guess = 0; guess < 30; guess++) await signIn(api, `nix-${guess}`, 'x', from(`2001:db8:1:2::${guess + 1}`));
    assert.equal((await signIn(api, 'nix', 'x', from('2001:db8:1:2:ffff::1'))).status, 429);
    assert.equal((await signIn(api, 'nix', 'x', from('2001:db8:1:3::1'))).status, 401);
  });

  test('who is not there, disabled or without password gets the same answer after the same time', async () => {
    await addUser(api, admin, 'real');
    const disabled = await addUser(api, admin, 'disabled');
    await api.call('PATCH', `/users/${disabled}`, { token: admin, body: { disabled: true } });
    await api.call('POST', '/users', { token: admin, body: { username: 'bare', role: 'viewer' } });
    const times = new Map<string, number[]>();
    const texts = new Set<string>();
    for (let round = 0; round < 9; round++) {
      for (const name of ['real', 'disabled', 'bare', 'missing']) {
        const before = process.cpuUsage();
        const password = name === 'disabled' ? PASSWORD : 'wrong password';
        const answer = await signIn(api, name, password, from(`10.8.${round}.1`));
        const { user, system } = process.cpuUsage(before);
        times.set(name, [...(times.get(name) ?? []), (user + system) / 1_000]);
        texts.add(answer.text);
      }
    }
    assert.equal(texts.size, 1);
    const medians = [...times.values()].map((all) => all.toSorted((a, b) => a - b)[4] ?? 0);
    // Processor time, which other programs on the machine do not change much. Hashing is nearly all of it: an answer
    // without would take a tenth.
    const shown = medians.map((ms) => ms.toFixed(1)).join(', ');
    assert.ok(Math.min(...medians) > 0.5 * Math.max(...medians), `medians ${shown}`);
  });
});
