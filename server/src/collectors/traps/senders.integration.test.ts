import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import { findProgram, openTestListener, runNetSnmp } from './testing.ts';

const skip = findProgram('snmptrap') ? false : 'net-snmp is not installed (Debian: apt-get install snmp)';
const directory = mkdtempSync(join(tmpdir(), 'sotp-snmptrap-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const AUTH_KEY = 'an authentic key';
const PRIV_KEY = 'a private key 12';
const LINK_DOWN = ['', '1.3.6.1.6.3.1.1.5.3', '1.3.6.1.2.1.2.2.1.1.7', 'i', '7', '1.3.6.1.2.1.2.2.1.8.7', 'i', '2'];

const AUTHS = {
  MD5: 'MD5',
  SHA: 'SHA',
  SHA224: 'SHA-224',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
} as const;
const PRIVS = { DES: 'DES', AES: 'AES', AES192: 'AES-192', AES256: 'AES-256' } as const;

function v3Args(user: SnmpV3Secret): string[] {
  const { username, securityLevel, authProtocol, privProtocol } = user;
  const auth = authProtocol ? ['-a', AUTHS[authProtocol], '-A', AUTH_KEY] : [];
  const priv = privProtocol ? ['-x', PRIVS[privProtocol as keyof typeof PRIVS], '-X', PRIV_KEY] : [];
  return ['-v3', '-u', username, '-l', securityLevel, ...auth, ...priv];
}

const nobody: SnmpV3Secret = { username: 'plain', securityLevel: 'noAuthNoPriv' };
const signed = (authProtocol: keyof typeof AUTHS): SnmpV3Secret => ({
  username: `signed-${authProtocol}`,
  securityLevel: 'authNoPriv',
  authProtocol,
  authKey: AUTH_KEY,
});
const hidden = (authProtocol: keyof typeof AUTHS, privProtocol: keyof typeof PRIVS): SnmpV3Secret => ({
  ...signed(authProtocol),
  username: `hidden-${authProtocol}-${privProtocol}`,
  securityLevel: 'authPriv',
  privProtocol,
  privKey: PRIV_KEY,
});
const users = [
  nobody,
  ...(Object.keys(AUTHS) as (keyof typeof AUTHS)[]).map(signed),
  ...(Object.keys(PRIVS) as (keyof typeof PRIVS)[]).map((priv) => hidden('SHA512', priv)),
  hidden('SHA', 'AES'),
  hidden('MD5', 'DES'),
];

describe('notifications of net-snmp’s programs', { skip, timeout: 120_000 }, () => {
  test('traps of v1 and v2c, and informs of v2c', async () => {
    const listener = await openTestListener();
    const to = `127.0.0.1:${listener.port}`;
    const v1 = [
      '-v1',
      '-c',
      'public',
      to,
      '1.3.6.1.4.1.99',
      '10.9.8.7',
      '6',
      '12',
      '',
      '1.3.6.1.2.1.1.5.0',
      's',
      'a name',
    ];
    assert.equal((await runNetSnmp('snmptrap', v1, directory)).status, 0);
    assert.equal((await runNetSnmp('snmptrap', ['-v2c', '-c', 'public', to, ...LINK_DOWN], directory)).status, 0);
    assert.deepEqual(await runNetSnmp('snmpinform', ['-v2c', '-c', 'public', to, ...LINK_DOWN], directory), {
      status: 0,
      output: '',
    });
    await listener.received(3);
    const [first, second, third] = listener.got.lines;
    assert.equal(first?.content.text, '1.3.6.1.4.1.99.0.12: sysName.0=a name');
    assert.deepEqual(first?.origin, { agentAddress: '10.9.8.7', engineId: undefined });
    assert.equal(second?.content.fields?.['trap'], 'IF-MIB::linkDown');
    assert.equal(second?.content.fields?.['ifOperStatus'], 'down');
    assert.equal(second?.content.severity, 3);
    assert.equal(second?.pollSoon, true);
    assert.equal(
      second?.content.text,
      'linkDown: Link down: interface 7, operational down (ifIndex.7=7, ifOperStatus.7=down(2))',
    );
    assert.equal(third?.content.fields?.['snmp'], 'v2c inform');
    await listener.close();
  });

  test('traps and informs of v3 at every level, with every protocol', async () => {
    const listener = await openTestListener({ users });
    const to = `127.0.0.1:${listener.port}`;
    for (const user of users) {
      const trap = await runNetSnmp('snmptrap', [...v3Args(user), to, ...LINK_DOWN], directory);
      assert.equal(trap.status, 0, `${user.username}: ${trap.output}`);
      const inform = await runNetSnmp('snmpinform', [...v3Args(user), to, ...LINK_DOWN], directory);
      assert.deepEqual(inform, { status: 0, output: '' }, user.username);
    }
    await listener.received(users.length * 2);
    const heard = listener.got.lines.map(({ content }) => `${content.fields?.['user']} ${content.fields?.['snmp']}`);
    assert.deepEqual(
      heard.toSorted(),
      users.flatMap(({ username }) => [`${username} v3`, `${username} v3 inform`]).toSorted(),
    );
    await listener.close();
  });

  test('a wrong user, digest, level, privacy key and community are told apart, and nothing of theirs is stored', async () => {
    const listener = await openTestListener({ users: [hidden('SHA', 'AES'), signed('SHA')] });
    const to = `127.0.0.1:${listener.port}`;
    const send = (user: SnmpV3Secret, more: string[] = []) =>
      runNetSnmp('snmpinform', ['-r', '0', '-t', '1', ...v3Args(user), ...more, to, ...LINK_DOWN], directory);
    assert.match((await send({ ...signed('SHA'), username: 'stranger' })).output, /Unknown user name/);
    assert.match((await send(signed('SHA'), ['-A', 'another key'])).output, /Authentication failure/);
    assert.match(
      (await send({ ...hidden('SHA', 'AES'), securityLevel: 'authNoPriv' })).output,
      /Unsupported security level/,
    );
    assert.match((await send(hidden('SHA', 'AES'), ['-X', 'another key'])).output, /Decryption error/);
    await runNetSnmp('snmptrap', ['-v2c', '-c', 'wrong', to, ...LINK_DOWN], directory);
    for (const reason of ['unknown_user', 'wrong_digest', 'security_level', 'wrong_privacy', 'unknown_community']) {
      while (listener.dropped(reason) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(listener.dropped(reason), 1, reason);
    }
    assert.equal(listener.got.lines.length, 0);
    await listener.close();
  });

  test('a trap that is replayed a thousand times is stored once, also after a restart of the receiver', async () => {
    // A relay stands in between and writes down what it saw.
    const listener = await openTestListener({ users: [hidden('SHA256', 'AES')] });
    const seen: Buffer[] = [];
    const relay = createSocket('udp4').bind(0, '127.0.0.1');
    await once(relay, 'listening');
    relay.on('message', (bytes) => {
      seen.push(bytes);
      relay.send(bytes, listener.port, '127.0.0.1');
    });
    await runNetSnmp(
      'snmptrap',
      [...v3Args(hidden('SHA256', 'AES')), `127.0.0.1:${relay.address().port}`, ...LINK_DOWN],
      directory,
    );
    await listener.received(1);
    assert.equal(listener.got.lines.length, 1);
    const [trap] = seen;
    assert.ok(trap);
    const replay = async (times: number): Promise<void> => {
      const already = listener.metrics()['trap_received_total'] ?? 0;
      for (let i = 0; i < times; i += 1)
        await new Promise((resolve) => relay.send(trap, listener.port, '127.0.0.1', resolve));
      await listener.received(already + times);
    };
    await replay(1000);
    assert.equal(listener.got.lines.length, 1);
    assert.equal(listener.dropped('replayed') + listener.dropped('source_limit'), 1000);
    await listener.restart();
    await replay(100);
    assert.equal(listener.got.lines.length, 1);
    assert.equal(listener.dropped('replayed'), 100);
    relay.close();
    await listener.close();
  });

  test('an inform is acknowledged when it is on stable storage, not before, and stored once however often it comes', async () => {
    const listener = await openTestListener({ users: [signed('SHA')] });
    const to = `127.0.0.1:${listener.port}`;
    let safe: (() => void) | undefined;
    listener.got.state.durable = () =>
      new Promise((resolve) => {
        safe = resolve;
      });
    for (const [i, version] of [['-v2c', '-c', 'public'], v3Args(signed('SHA'))].entries()) {
      const sending = runNetSnmp('snmpinform', ['-r', '5', '-t', '1', ...version, to, ...LINK_DOWN], directory);
      const before = listener.dropped('repeated');
      while (listener.dropped('repeated') < before + 1) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(listener.metrics()['trap_informs_acknowledged_total'], i);
      safe?.();
      assert.deepEqual(await sending, { status: 0, output: '' });
      assert.equal(listener.got.lines.length, i + 1);
    }
    listener.got.state.durable = () => Promise.reject(new Error('the disk is full'));
    const refused = await runNetSnmp(
      'snmpinform',
      ['-r', '0', '-t', '1', '-v2c', '-c', 'public', to, ...LINK_DOWN],
      directory,
    );
    assert.notEqual(refused.status, 0);
    assert.equal(listener.got.lines.length, 3);
    await listener.close();
  });

  test('an old inform is refused after a restart, since the boots counter went on', async () => {
    const listener = await openTestListener({ users: [signed('SHA')] });
    const seen: Buffer[] = [];
    const relay = createSocket('udp4').bind(0, '127.0.0.1');
    const back = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(relay, 'listening'), once(back, 'listening')]);
    let sender = 0;
    relay.on('message', (bytes, { port }) => {
      sender = port;
      seen.push(bytes);
      back.send(bytes, listener.port, '127.0.0.1');
    });
    back.on('message', (bytes) => relay.send(bytes, sender, '127.0.0.1'));
    const sent = await runNetSnmp(
      'snmpinform',
      [...v3Args(signed('SHA')), `127.0.0.1:${relay.address().port}`, ...LINK_DOWN],
      directory,
    );
    assert.deepEqual(sent, { status: 0, output: '' });
    assert.equal(listener.got.lines.length, 1);
    const inform = seen.at(-1);
    assert.ok(inform);
    await listener.restart();
    back.removeAllListeners('message');
    for (let i = 0; i < 50; i += 1) back.send(inform, listener.port, '127.0.0.1');
    while (listener.dropped('not_in_time') < 50) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(listener.got.lines.length, 1);
    relay.close();
    back.close();
    await listener.close();
  });
});
