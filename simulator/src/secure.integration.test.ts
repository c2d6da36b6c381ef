import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { execFile } from 'node:child_process';
import { createFleet } from './fleet/fleet.ts';
import type { SimulatedUser } from './secure.ts';
import { serve } from './serve.ts';
import type { Server } from './serve.ts';

// net-snmp's own USM speaks with ours: a fleet a user, each on its own address.
const USERS: readonly SimulatedUser[] = [
  { name: 'open' },
  { name: 'md5', auth: { protocol: 'MD5', password: 'authentic-1' } },
  {
    name: 'sha-des',
    auth: { protocol: 'SHA', password: 'authentic-2' },
    priv: { protocol: 'DES', password: 'private-2' },
  },
  {
    name: 'sha-aes',
    auth: { protocol: 'SHA', password: 'authentic-3' },
    priv: { protocol: 'AES', password: 'private-3' },
  },
  {
    name: 'sha256-aes',
    auth: { protocol: 'SHA256', password: 'authentic-4' },
    priv: { protocol: 'AES', password: 'private-4' },
  },
  { name: 'sha512', auth: { protocol: 'SHA512', password: 'authentic-5' } },
];
const NET_SNMP_AUTH = {
  MD5: 'MD5',
  SHA: 'SHA',
  SHA224: 'SHA-224',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
};
const addressOf = (i: number): string => `127.43.0.${i + 1}`;
let port = 0;
let server: Server;

before(async () => {
  const probe = createSocket('udp4');
  await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
  port = probe.address().port;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  server = await serve(
    USERS.map((user, i) => {
      const fleet = createFleet({ devices: 1, ports: 24, seed: i, listen: addressOf(i), user });
      return { address: addressOf(i), port, agent: fleet.agent(0) };
    }),
  );
});
after(() => server.stop());

function options({ name, auth, priv }: SimulatedUser): string[] {
  const level = priv ? 'authPriv' : auth ? 'authNoPriv' : 'noAuthNoPriv';
  return [
    '-v3',
    ...`-u ${name} -l ${level} -t 1 -r 0`.split(' '),
    ...(auth ? ['-a', NET_SNMP_AUTH[auth.protocol], '-A', auth.password] : []),
    ...(priv ? ['-x', priv.protocol, '-X', priv.password] : []),
  ];
}
function run(tool: string, args: readonly string[]): Promise<{ out: string; err: string; missing: boolean }> {
  return new Promise((resolve) => {
    execFile(tool, args, { maxBuffer: 64 << 20, env: { ...process.env, MIBS: '' } }, (error, out, err) =>
      resolve({ out, err, missing: error !== null && 'code' in error && error.code === 'ENOENT' }),
    );
  });
}

for (const [i, user] of USERS.entries()) {
  test(`net-snmp walks the device of user ${user.name} over SNMPv3`, async (t) => {
    const walk = await run('snmpbulkwalk', [
      ...options(user),
      '-On',
      '-Cr50',
      `${addressOf(i)}:${port}`,
      '.1.3.6.1.2.1.2',
    ]);
    if (walk.missing) return t.skip('net-snmp tools are not installed (Debian package snmp)');
    assert.equal(walk.err, '');
    assert.equal(walk.out.trim().split('\n').length, 1 + 24 * 20);
  });
}

test('a wrong password, user, level or context is refused by name', async (t) => {
  const [, md5, , aes] = USERS;
  assert.ok(md5?.auth && aes?.auth && aes.priv);
  const ask = (i: number, user: SimulatedUser, ...more: string[]) =>
    run('snmpget', [...options(user), ...more, `${addressOf(i)}:${port}`, '1.3.6.1.2.1.1.3.0']);
  const wrong = await ask(1, { ...md5, auth: { ...md5.auth, password: 'not-the-password' } });
  if (wrong.missing) return t.skip('net-snmp tools are not installed (Debian package snmp)');
  assert.match(wrong.err, /Authentication failure/);
  assert.match((await ask(1, { ...md5, name: 'nobody' })).err, /Unknown user name/);
  assert.match((await ask(1, { name: 'md5' })).err, /Unsupported security level/);
  assert.match(
    (await ask(3, { ...aes, priv: { ...aes.priv, password: 'not-the-password' } })).err,
    /Decryption error|Timeout/,
  );
  assert.match((await ask(1, md5, '-n', 'other')).err, /Bad context/);
});
