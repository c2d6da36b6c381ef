import assert from 'node:assert/strict';
import test from 'node:test';
import pino from 'pino';
import { openTestApi } from './testing.ts';

/** Every secret holds this, so that one search finds any of them. */
const CANARY = 'c4n4ry';
const PASSWORD = `${CANARY}-password`;

test('what is secret is in no log, no answer, no audit entry and no table', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const api = await openTestApi({ log });
  try {
    const answers: string[] = [];
    const call = async (...given: Parameters<typeof api.call>) => {
      const answer = await api.call(...given);
      answers.push(answer.text);
      return answer;
    };
    await api.access.ensureAdmin(PASSWORD);
    const login = await call('POST', '/auth/login', { body: { username: 'admin', password: PASSWORD } });
    const cookie = String(login.headers['set-cookie']).split(';')[0]!;
    const session = cookie.split('.')[1]!;
    await call('POST', '/auth/login', { body: { username: `${CANARY}-typed-into-the-wrong-field`, password: 'x' } });
    const token = (
      await api.call('POST', '/tokens', {
        headers: { cookie, origin: 'http://localhost' },
        body: { name: 'mine', role: 'admin' },
      })
    ).json.token as string;
    const v3 = { username: 'u', securityLevel: 'authPriv', authProtocol: 'SHA', privProtocol: 'AES' };
    const secrets = [
      ['snmp-v2c', { community: `${CANARY}-community` }],
      ['snmp-v3', { ...v3, authKey: `${CANARY}-auth-key`, privKey: `${CANARY}-priv-key` }],
      ['ssh-password', { username: 'u', password: `${CANARY}-ssh` }],
      ['ssh-key', { username: 'u', privateKey: `${CANARY}-key`, passphrase: `${CANARY}-phrase` }],
    ] as const;
    for (const [kind, secret] of secrets) {
      const made = await call('POST', '/credentials', { token, body: { name: kind, kind, secret } });
      assert.equal(made.status, 201, made.text);
      await call('POST', '/credentials', {
        token,
        body: { name: `${kind} again`, kind, secret: { ...secret, more: 1 } },
      });
      await call('POST', '/credentials', { token, body: { name: kind, kind, secret } });
      await call('PATCH', `/credentials/${made.json.id}`, { token, body: { secret: [secret] } });
      await call('PATCH', `/credentials/${made.json.id}`, { token, body: { secret } });
      await call('POST', '/devices', { token, body: { address: `host-${kind}`, credentials: [made.json.id] } });
      api.checks.answer = () => {
        throw new Error('a collector fails');
      };
      const credential = { kind, secret };
      await call('POST', '/devices/test', {
        token,
        body: { address: '127.0.0.1', credentials: [made.json.id], credential },
      });
    }
    await call('POST', '/users', { token, body: { username: 'x', role: 'viewer', password: `${CANARY}-p2` } });
    await call('POST', '/users', { token, body: { username: 'y', role: 'boss', password: `${CANARY}-p3` } });
    await call('POST', '/users', {
      token,
      payload: `{"password":"${CANARY}-broken`,
      headers: { 'content-type': 'application/json' },
    });
    for (const path of ['/devices', '/credentials', '/users', '/tokens', '/audit?limit=1000', '/auth/me']) {
      await call('GET', path, { token });
    }

    const { rows: tables } = await api.pg.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    assert.ok(tables.length > 8);
    let dump = '';
    for (const { name } of tables) {
      const { rows } = await api.pg.query<{ row: string }>(`select t::text as row from ${name} t`);
      dump += rows.map(({ row }) => row).join('\n');
    }
    await api.pg.stop();
    await call('POST', '/credentials', { token, body: { name: 'z', kind: 'snmp-v2c', secret: { community: CANARY } } });
    assert.ok(lines.length > 0, 'something was logged');
    for (const [where, text] of [
      ['log', lines.join('')],
      ['answers', answers.join('\n')],
      ['database', dump],
    ] as const) {
      for (const secret of [CANARY, session, token.slice(5)]) {
        const at = text.indexOf(secret);
        assert.equal(at, -1, `${where}: …${text.slice(Math.max(0, at - 200), at + 60)}…`);
      }
    }
  } finally {
    await api.close();
  }
});
