import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { createListeners } from '#worker/listeners.ts';
import { createProxyList } from './proxies.ts';
import { closed, createTestSink, freePort, openListeners } from './testing.ts';
import { createUdpListener } from './udp.ts';
import { canBatch } from './udp-socket.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

function sendUdp(text: string, port: number, address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.send(text, port, address, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

test('`::` listens for IPv4 and IPv6, and senders bear their own addresses', async (t) => {
  if (!hasIpv6) return t.skip('no IPv6 here');
  const port = await freePort();
  const { got, close } = await openListeners({ host: '::', udp: port, tcp: port });
  for (const address of ['127.0.0.1', '127.27.0.9', '::1']) {
    await sendUdp(`<13>udp ${address}`, port, address);
    await closed(createConnection(port, address).end(`<13>tcp ${address}\n`));
  }
  await got.until(6);
  const senders = new Map(got.lines.map(({ content, sender }) => [content.text.slice(content.body), sender]));
  assert.deepEqual(
    [senders.get('udp 127.0.0.1'), senders.get('udp ::1'), senders.get('tcp 127.0.0.1'), senders.get('tcp ::1')],
    ['127.0.0.1', '::1', '127.0.0.1', '::1'],
  );
  await close();
});

test('a socket of Node’s own receives the same as the batched one', async (t) => {
  if (!canBatch()) return t.skip('no batched receiving here');
  const found: string[][] = [];
  for (const batched of [true, false]) {
    const port = await freePort();
    const got = createTestSink();
    const listener = createUdpListener(
      { transport: 'udp', host: '127.0.0.1', port, name: 'syslog-udp', where: '', proxies: [] },
      { linesPerSecond: 10_000 },
      { sink: got.sink, log: silentLog, clock: systemClock },
      batched,
    );
    await listener.open();
    const socket = createSocket('udp4');
    const lines = Array.from({ length: 300 }, (_, i) => `<${i % 192}>${'ä'.repeat(i % 3)} ${'x'.repeat(i * 20)} ${i}`);
    for (const line of lines) await new Promise((resolve) => socket.send(line, port, '127.0.0.1', resolve));
    await got.until(300);
    socket.close();
    await listener.close();
    assert.deepEqual(
      got.lines.map(({ raw }) => raw.toString()),
      lines,
    );
    found.push(got.texts());
  }
  assert.deepEqual(found[0], found[1]);
});

test('an address that cannot be listened on is said, batched or not', async () => {
  const port = await freePort();
  for (const batched of [canBatch(), false]) {
    const listener = createUdpListener(
      { transport: 'udp', host: '192.0.2.1', port, name: 'syslog-udp', where: 'the UDP port', proxies: [] },
      { linesPerSecond: 1 },
      { sink: createTestSink().sink, log: silentLog, clock: systemClock },
      batched,
    );
    await assert.rejects(listener.open(), { code: 'config_invalid', message: /the UDP port .*EADDRNOTAVAIL/ });
  }
});

test('further listeners receive beside the usual ones, and count under the same names', async () => {
  const [udp, more, tcp] = [await freePort(), await freePort(), await freePort()];
  const { got, listeners, close } = await openListeners({
    udp,
    listeners: [`udp:${more}`, { transport: 'tcp', host: '127.27.0.1', port: tcp }],
  });
  assert.deepEqual(
    listeners.map(({ name }) => name),
    ['syslog-udp', `syslog-udp-${more}`, `syslog-tcp-${tcp}`],
  );
  await sendUdp('<13>one', udp, '127.0.0.1');
  await sendUdp('<13>two', more, '127.0.0.1');
  await closed(createConnection(tcp, '127.27.0.1').end('<13>three\n'));
  await got.until(3);
  assert.deepEqual(got.texts().toSorted(), ['one', 'three', 'two']);
  const all = createListeners({ listeners, clock: systemClock, log: silentLog }).counters();
  assert.equal(all['syslog_received_total{transport="udp"}'], 2);
  await close();
});

test('a trusted proxy names the sender; limits count by the sender it names', async () => {
  const tcp = await freePort();
  const { got, metrics, close } = await openListeners({ tcp, proxies: ['127.0.0.0/8'], connectionsPerSender: 1 });
  const first = createConnection(tcp, '127.0.0.1');
  first.write('PROXY TCP4 192.0.2.7 198.51.');
  await systemClock.sleep(5);
  first.write('100.1 40000 514\r\n<13>one\n');
  await got.until(1);
  const second = createConnection(tcp, '127.0.0.1').end('PROXY TCP4 192.0.2.8 127.0.0.1 40000 514\r\n<13>two\n');
  const third = createConnection(tcp, '127.0.0.1').on('error', () => undefined);
  third.write('PROXY TCP4 192.0.2.7 127.0.0.1 40001 514\r\n<13>three\n');
  await Promise.all([closed(second), closed(third)]);
  await got.until(2);
  assert.deepEqual(
    got.lines.map(({ sender, content }) => `${sender} ${content.text.slice(content.body)}`),
    ['192.0.2.7 one', '192.0.2.8 two'],
  );
  assert.equal(metrics()['syslog_connections_closed_total{transport="tcp",reason="sender"}'], 1);
  const liar = createConnection(tcp, '127.0.0.1').on('error', () => undefined);
  liar.write('<13>no header\n');
  await closed(liar);
  assert.equal(metrics()['syslog_connections_closed_total{transport="tcp",reason="proxy_header"}'], 1);
  first.destroy();
  await closed(first);
  await close();
});

test('a header of somebody who is no proxy is a line like any other', async () => {
  const tcp = await freePort();
  const { got, close } = await openListeners({ tcp, proxies: ['192.0.2.0/24'] });
  await closed(createConnection(tcp, '127.0.0.1').end('PROXY TCP4 192.0.2.7 127.0.0.1 4 5\r\n<13>x\n'));
  await got.until(2);
  assert.deepEqual(
    got.lines.map(({ sender }) => sender),
    ['127.0.0.1', '127.0.0.1'],
  );
  await close();
});

test('a handshake that drips, or never comes, is ended in time and gives its place back', async (t) => {
  if (!existsSync('/usr/bin/openssl')) return t.skip('openssl is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'sotp-tls-'));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x'.split(' ');
  execFileSync('/usr/bin/openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  mock.timers.enable({ apis: ['setInterval'] });
  let now = 1_000;
  const port = await freePort();
  const clock = { ...systemClock, monotonic: () => now };
  const { metrics, close } = await openListeners({ tls: { port, cert, key } }, clock);
  const dripping = createConnection(port, '127.0.0.1').on('error', () => undefined);
  const silent = createConnection(port, '127.0.0.1').on('error', () => undefined);
  while (metrics()['syslog_connections{transport="tls"}'] !== 2) await systemClock.sleep(5);
  const ends = [closed(dripping), closed(silent)];
  for (let i = 0; i < 6; i++) {
    dripping.write(Buffer.from([0x16]));
    now += 2_000;
    mock.timers.tick(2_000);
  }
  await Promise.all(ends);
  mock.timers.reset();
  assert.equal(metrics()['syslog_connections{transport="tls"}'], 0);
  assert.equal(metrics()['syslog_connections_closed_total{transport="tls",reason="tls"}'], 2);
  await close();
  rmSync(dir, { recursive: true });
});

test('proxies are addresses and networks of either family', () => {
  const isProxy = createProxyList(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);
  assert.deepEqual(['10.9.9.9', '192.0.2.1', '192.0.2.2', '2001:db8::7', '2001:db9::7', '', 'x'].map(isProxy), [
    true,
    true,
    false,
    true,
    false,
    false,
    false,
  ]);
});
