import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSimulator } from '@sotp/simulator/simulator.ts';
import type { Simulator } from '@sotp/simulator/simulator.ts';
import { Device, DeviceSummary } from '@sotp/contract/devices.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { childrenOf, runSotp, takenPort, temporaryDir, until } from './testing/run-sotp.ts';
import type { RunningSotp } from './testing/run-sotp.ts';

const PASSWORD = 'not-the-real-password';
const skip = process.platform === 'linux' ? false : 'needs loopback addresses and /proc';

let database: TestDatabase;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let simulator: Simulator;
const running: RunningSotp[] = [];

/** A machine of the fleet: a data directory of its own, and nothing shared but the database. */
function machine(name: string, args: readonly string[], env: Record<string, string> = {}): RunningSotp {
  const dataDir = join(dir.path, name);
  const sotp = runSotp(['start', '--data-dir', dataDir, '--collectors', '1', ...args], {
    SOTP_DATABASE_URL: database.databaseUrl,
    SOTP_MACHINE: name,
    SOTP_SYSLOG_UDP: '0',
    SOTP_SYSLOG_TCP: '0',
    ...env,
  });
  running.push(sotp);
  return sotp;
}

before(async () => {
  if (skip) return;
  database = await openTestDatabase();
  dir = await temporaryDir();
  simulator = await startSimulator({
    listen: '127.28.1.1',
    port: 16_128,
    source: { devices: 4, ports: 4, seed: 1, community: 'fleet', plain: true },
  });
});
after(async () => {
  for (const sotp of running) sotp.kill('SIGTERM');
  await Promise.all(running.map((sotp) => sotp.ended));
  await simulator?.stop();
  await dir?.remove();
  await database?.close();
});

function client(address: string) {
  let cookie = '';
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: { cookie, origin: address, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const set = response.headers.get('set-cookie');
    if (set) cookie = set.split(';')[0] ?? '';
    const answer: unknown = response.status === 204 ? null : await response.json();
    if (!response.ok) assert.fail(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
}

test('a hub and collectors on machines of their own: keys, sites, and what nobody serves', { skip }, async () => {
  const free = await takenPort();
  await free.release();
  const hub = machine('hub', ['--roles', 'hub', '--port', String(free.port)], { SOTP_ADMIN_PASSWORD: PASSWORD });
  const address = await hub.ready;
  const call = client(address);
  await call('POST', '/auth/login', { username: 'admin', password: PASSWORD });
  const credential = (await call('POST', '/credentials', {
    name: 'fleet',
    kind: 'snmp-v2c',
    secret: { community: 'fleet' },
  })) as { id: string };
  const sites = ['Bern', 'Bern', 'Oslo', 'Oslo'];
  const devices: string[] = [];
  for (const [i, agent] of simulator.agents.entries()) {
    const { id } = Device.parse(
      await call('POST', '/devices', {
        address: agent.address,
        site: sites[i],
        credentials: [credential.id],
        collectors: [{ name: 'snmp', intervalSeconds: 2, settings: { port: agent.port } }],
      }),
    );
    devices.push(id);
  }
  const device = async (i: number) => Device.parse(await call('GET', `/devices/${devices[i]}`));
  const count = async (status: 'up' | 'unknown') =>
    DeviceSummary.parse(await call('GET', '/devices/summary')).byStatus[status];
  assert.match((await device(0)).statusReason ?? '', /^No collector is running/);

  // Without the key, a collector says what to do and does not start.
  const keyless = await machine('bern', ['--roles', 'collector']).ended;
  assert.equal(keyless.status, 1);
  assert.match(keyless.stderr, /copy secret\.key from/);
  mkdirSync(join(dir.path, 'bern'), { recursive: true });
  copyFileSync(join(dir.path, 'hub', 'secret.key'), join(dir.path, 'bern', 'secret.key'));
  const bern = machine('bern', ['--roles', 'collector']);
  await bern.ready;
  await until('all devices are up', async () => (await count('up')) === 4, 20_000);

  // A collector pinned to a site takes its devices over; the other one leaves them alone, also when nobody serves them.
  mkdirSync(join(dir.path, 'oslo'), { recursive: true });
  copyFileSync(join(dir.path, 'hub', 'secret.key'), join(dir.path, 'oslo', 'secret.key'));
  const oslo = machine('oslo', ['--roles', 'collector', '--sites', 'Oslo']);
  await oslo.ready;
  const pollers = async () => {
    const { rows } = await database.pg.query<{ name: string; partition: number }>(
      'select m.name, l.partition from partition_lease l join worker_member m on m.id = l.holder order by l.partition',
    );
    return rows.map(({ name, partition }) => `${name} ${partition}`);
  };
  const shared = ['bern/1 0', 'bern/1 1', 'bern/1 2', 'bern/1 3'];
  await until('the zone is leased', async () => (await pollers()).length === 6);
  assert.deepEqual(await pollers(), [...shared, 'oslo/1 1000', 'oslo/1 1001']);
  await until('all devices are up', async () => (await count('up')) === 4, 20_000);

  for (const { pid } of childrenOf(oslo.pid)) process.kill(pid, 'SIGSTOP');
  await until('devices of Oslo are unknown', async () => (await count('unknown')) === 2, 30_000);
  await until(
    'for the reason',
    async () => ((await device(2)).statusReason ?? '').startsWith('No collector serves the site “Oslo”'),
    30_000,
  );
  assert.equal((await device(0)).status, 'up');
  for (const { pid } of childrenOf(oslo.pid)) process.kill(pid, 'SIGCONT');
  await until('devices of Oslo are up again', async () => (await count('up')) === 4, 30_000);

  // Leaving frees the leases at once; the site stays its own.
  oslo.kill('SIGTERM');
  assert.equal((await oslo.ended).status, 0);
  assert.deepEqual(await pollers(), shared);
  await until('devices of Oslo are unknown', async () => (await count('unknown')) === 2, 30_000);
});
