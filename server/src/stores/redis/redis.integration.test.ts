import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '#platform/log.ts';
import { createRedis } from './redis.ts';
import { freePort, noRedis, startTestRedis } from './testing.ts';

const noTls = noRedis ?? (spawnSync('openssl', ['version']).error ? 'openssl is not installed' : undefined);

function openssl(dir: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** An authority, a certificate of the server for `localhost` and one of ours. */
function makeCertificates(dir: string): void {
  openssl(
    dir,
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  writeFileSync(path.join(dir, 'names'), 'subjectAltName=DNS:localhost');
  for (const name of ['server', 'client']) {
    openssl(
      dir,
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      dir,
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      `${name}.crt`,
    );
  }
}

test(
  'TLS: the server must prove who it is, and asks for our certificate; a password is needed',
  { skip: noTls ?? false },
  async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'sotp-redis-tls-'));
    makeCertificates(dir);
    const file = (name: string) => path.join(dir, name);
    const port = await freePort();
    const tls = [
      '--tls-port',
      String(port),
      '--tls-cert-file',
      file('server.crt'),
      '--tls-key-file',
      file('server.key'),
      '--tls-ca-cert-file',
      file('ca.crt'),
    ];
    const server = await startTestRedis([...tls, '--requirepass', 'pass word'], port);
    const ask = async (url: string) => {
      const redis = createRedis({ url, log: silentLog, name: 'test' });
      try {
        return await redis.shared().ping();
      } finally {
        await redis.close();
      }
    };
    const own = `cert=${file('client.crt')}&key=${file('client.key')}`;
    const base = `rediss://:pass%20word@127.0.0.1:${port}/0`;
    assert.equal(await ask(`${base}?ca=${file('ca.crt')}&${own}&servername=localhost`), 'PONG');
    await assert.rejects(ask(`${base}?${own}&servername=localhost`), 'an authority that is not known');
    await assert.rejects(ask(`${base}?ca=${file('ca.crt')}&${own}&servername=elsewhere`), 'another name');
    await assert.rejects(ask(`${base}?ca=${file('ca.crt')}&servername=localhost`), 'no certificate of ours');
    await assert.rejects(
      ask(`rediss://127.0.0.1:${port}/0?ca=${file('ca.crt')}&${own}&servername=localhost`),
      /NOAUTH|Retries/,
    );
    assert.throws(() => createRedis({ url: `${base}?ca=/no/such.pem`, log: silentLog, name: 'test' }).shared(), {
      code: 'config_invalid',
    });
    await server.close();
    rmSync(dir, { recursive: true });
  },
);

test(
  'Sentinel: when the master dies, commands go on with the server that took over',
  { skip: noRedis ?? false },
  async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'sotp-sentinel-'));
    const master = await startTestRedis();
    const replica = await startTestRedis(['--replicaof', '127.0.0.1', String(master.port)]);
    const port = await freePort();
    const config = path.join(dir, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor group 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds group 500',
      'sentinel failover-timeout group 3000',
    ];
    writeFileSync(config, lines.join('\n'));
    const sentinel = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' });
    const redis = createRedis({ url: `redis+sentinel://127.0.0.1:${port}/group`, log: silentLog, name: 'test' });
    const client = redis.shared();
    const untilTaken = async (value: string) => {
      for (let tries = 0; tries < 400; tries++) {
        const taken = await client.set('k', value).catch(() => undefined);
        if (taken === 'OK') return;
        await sleep(50);
      }
      assert.fail(`${value} was never taken`);
    };
    await untilTaken('before');
    // The sentinel knows the replica once it has asked the master, and the replica once it has the data.
    const watcher = master.admin();
    while (!/slave0:.*state=online/.test(await watcher.info('replication'))) await sleep(50);
    const spy = replica.admin();
    while ((await spy.get('k')) !== 'before') await sleep(50);
    while (!sentinelKnows(port)) await sleep(100);
    await master.kill();
    await untilTaken('after');
    assert.equal(await spy.get('k'), 'after');
    await redis.close();
    sentinel.kill('SIGKILL');
    await replica.close();
    await master.close();
    rmSync(dir, { recursive: true });
  },
);

function sentinelKnows(port: number): boolean {
  const asked = spawnSync('redis-cli', ['-p', String(port), 'sentinel', 'replicas', 'group'], { encoding: 'utf8' });
  return asked.stdout.includes('runid') && !asked.stdout.includes('s_down');
}
