import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const SOTP = fileURLToPath(new URL('../../../bin/sotp.mjs', import.meta.url));

interface Outcome {
  status: number;
  out: string;
  err: string;
}

describe('commands', { timeout: 120_000 }, () => {
  let api: TestApi;
  let env: Record<string, string>;
  const directory = mkdtempSync(join(tmpdir(), 'sotp-commands-'));

  function sotp(args: string[], input = '', more: Record<string, string> = {}): Promise<Outcome> {
    return new Promise((resolve) => {
      const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, ...env, ...more };
      const child = execFile(
        process.execPath,
        [SOTP, ...args],
        { env: environment, cwd: directory },
        (error, out, err) => resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
      child.stdin?.end(input);
    });
  }
  async function done(args: string[], input = ''): Promise<string> {
    const { status, out, err } = await sotp(args, input);
    assert.equal(status, 0, `sotp ${args.join(' ')}: ${err}`);
    return out;
  }

  before(async () => {
    api = await openTestApi();
    await api.access.ensureAdmin('an administrator');
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    env = {
      SOTP_URL: `http://127.0.0.1:${port}`,
      SOTP_TOKEN: await api.tokenFor('operator'),
      SOTP_DATABASE_URL: api.databaseUrl,
      SOTP_DATA_DIR: join(directory, 'data'),
    };
  });
  after(async () => {
    await api.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('a device is added, listed, shown, imported and removed', async () => {
    assert.match(await done(['credential', 'add', 'lab', '--kind', 'snmp-v2c'], 'public\n'), /^Added lab \(snmp-v2c\)/);
    const add = ['device', 'add', '10.0.0.1', '--name', 'core', '--tag', 'a', '--tag', 'b', '--credential', 'lab'];
    assert.match(await done([...add, '--port', '1161']), /^Added core as device \d+\.\n$/);
    const [device] = (await done(['device', 'list', '--json']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([device.name, device.tags, device.collectors[1].settings.port], ['core', ['a', 'b'], 1161]);
    assert.match(await done(['device', 'show', 'core']), /^id +\d+\nname +core\n/);
    const file = join(directory, 'devices.csv');
    writeFileSync(file, 'address,name\n10.0.0.2,two\nbad address,three\n');
    const dry = await sotp(['device', 'import', file, '--dry-run']);
    assert.deepEqual([dry.status, dry.out], [1, '1 created, 0 updated, 0 unchanged.\n']);
    const imported = await sotp(['device', 'import', file]);
    assert.equal(imported.status, 1);
    assert.match(imported.err, /^line 3: address: /);
    assert.match(await done(['device', 'remove', 'two']), /^Removed two/);
    assert.equal((await done(['device', 'list', '--json'])).trim().split('\n').length, 1);
  });

  test('a credential is rotated, and sets say where it is tried', async () => {
    await done(['credential', 'add', 'campus', '--kind', 'snmp-v2c'], 'old one\n');
    const set = ['credential', 'set'];
    const added = await done([
      ...set,
      'add',
      'Bern',
      '--credential',
      'campus',
      '--site',
      'Bern',
      '--subnet',
      '10.9.8.7/8',
    ]);
    assert.match(added, /^Added Bern as credential set \d+\.\n$/);
    await done([...set, 'add', 'all', '--credential', 'campus']);
    await done([...set, 'order', 'all', 'Bern']);
    assert.match(await done([...set, 'list']), /all +all +all +campus\n.*Bern +Bern +10\.0\.0\.0\/8 +campus\n$/);
    await done([...set, 'change', 'all', '--name', 'rest']);
    await done([...set, 'remove', 'rest']);
    assert.equal((await done([...set, 'list', '--json'])).trim().split('\n').length, 1);
    assert.match(await done(['credential', 'rotate', 'campus'], 'new one\n'), /asked with both secrets of campus/);
    await done(['device', 'add', '10.9.8.1', '--credential', 'campus']);
    assert.match(
      await done(['credential', 'show', 'campus']),
      /rotation +0 of 1 devices[^]*10\.9\.8\.1 .*its own +never/,
    );
    assert.match((await sotp(['credential', 'finish', 'campus'])).err, /1 of 1 devices have not answered/);
    await done(['credential', 'cancel', 'campus']);
    assert.match((await sotp(['credential', 'cancel', 'campus'])).err, /No new secret of “campus”/);
    await done(['credential', 'rotate', 'campus'], 'newest\n');
    assert.match(await done(['credential', 'finish', 'campus', '--force']), /its new secret alone/);
    assert.match((await sotp(['credential', 'remove', 'campus'])).err, /still use this credential/);
    await done(['device', 'remove', '10.9.8.1']);
  });

  test('what fails is one line that says why, and status 1; what is wrongly called is status 2', async () => {
    const failures: [string[], RegExp, Record<string, string>?][] = [
      [['device', 'add', '10.0.0.1', '--credential', 'lab', '--port', '1161'], /“core” is already there/],
      [['device', 'add', 'two words'], /^sotp: address: a host name/],
      [['device', 'add', '10.0.0.9', '--credential', 'lab', '--port', '70000'], /collectors\[1\]\.settings\.port/],
      [['device', 'show', 'nobody'], /There is no device “nobody”/],
      [['device', 'import', 'missing.csv'], /missing\.csv cannot be read/],
      [['device', 'list'], /not known here/, { SOTP_TOKEN: 'sotp_wrong' }],
      [['device', 'list'], /does not answer at http:\/\/127\.0\.0\.1:1/, { SOTP_URL: 'http://127.0.0.1:1' }],
      [['credential', 'add', 'lab', '--kind', 'snmp-v2c'], /named "lab" already/],
      [['token', 'create', 'x', '--role', 'viewer', '--expires', 'soon'], /--expires/],
    ];
    for (const [args, message, more] of failures) {
      const { status, out, err } = await sotp(args, 'public', more);
      assert.deepEqual([status, out], [1, ''], `${args.join(' ')}: ${err}`);
      assert.match(err, message);
      assert.equal(err.trimEnd().split('\n').length, 1, err);
    }
    for (const args of [
      ['device', 'add'],
      ['user', 'add', 'x', '--role', 'boss'],
      ['user', 'add', 'x'],
      ['device', 'nope'],
    ]) {
      assert.equal((await sotp(args)).status, 2, args.join(' '));
    }
  });

  test('users and tokens need no web: what is made on the machine works in the API', async () => {
    const added = JSON.parse(await done(['user', 'add', 'erna', '--role', 'operator', '--site', 'hq', '--json']));
    const login = await api.call('POST', '/auth/login', { body: { username: 'erna', password: added.password } });
    assert.deepEqual([login.status, login.json.user.scope], [200, { sites: ['hq'] }]);
    await done(['user', 'password', 'erna', '--password-stdin'], 'a brand new one\n');
    const old = await api.call('POST', '/auth/login', { body: { username: 'erna', password: added.password } });
    assert.equal(old.status, 401);
    const again = await api.call('POST', '/auth/login', { body: { username: 'erna', password: 'a brand new one' } });
    assert.equal(again.status, 200);
    assert.match((await sotp(['user', 'add', 'Erna', '--role', 'viewer'])).err, /already a user named/);

    const token = (await done(['token', 'create', 'ci', '--role', 'viewer'])).trim();
    assert.match(token, /^sotp_[A-Za-z0-9_-]{43}$/);
    assert.equal((await api.call('GET', '/devices', { token })).status, 200);
    assert.equal((await api.call('GET', '/auth/me', { token })).json.user.role, 'viewer');
    const list = await done(['token', 'list', '--json']);
    const { id } = list
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .find(({ name }) => name === 'ci');
    await done(['token', 'remove', id]);
    // Who calls is remembered for half a second: no removed token is taken a second later.
    api.clock.advance(1_000);
    assert.equal((await api.call('GET', '/devices', { token })).status, 401);

    const admin = await api.tokenFor('admin');
    const trail = (await api.call('GET', '/audit?action=user.create', { token: admin })).json.items;
    assert.ok(
      trail.some(({ via, actor }: Record<string, string>) => via === 'cli' && actor?.endsWith('(command line)')),
    );
    await done(['user', 'remove', 'erna']);
  });

  test('a report is printed as text, as a page or as JSON; only administrators have one made', async () => {
    const admin = { SOTP_TOKEN: await api.tokenFor('admin') };
    await api.call('POST', '/devices', {
      token: admin.SOTP_TOKEN,
      body: { address: '10.7.7.7', name: '<b>bold</b>', collectors: [{ name: 'icmp' }] },
    });
    const printed = async (...args: string[]) => (await sotp(['report', ...args], '', admin)).out;
    assert.match(await printed(), /^SOTP, \d{4}-.*\n\n.* just added\)\.\n/);
    assert.match(await printed('--format', 'html', '--days', '30'), /^<!doctype html>.*<\/html>\n$/s);
    const { days, version, from, to } = JSON.parse(await printed('--format', 'json', '--days', '1'));
    assert.deepEqual([days, version], [1, 1]);
    assert.ok(Math.abs(Date.parse(to) - Date.parse(from) - 86_400_000) <= 3_600_000);
    assert.equal((await sotp(['report', '--format', 'pdf'], '', admin)).status, 2);
    const tooLong = await sotp(['report', '--days', '91'], '', admin);
    assert.deepEqual([tooLong.status, /days/.test(tooLong.err)], [1, true]);
    assert.equal((await sotp(['report'])).status, 1);
  });
});
