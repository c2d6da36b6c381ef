import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { mock, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { parseSocketTable } from '#platform/kernel-sockets.ts';
import { closed, freePort, openListeners } from './testing.ts';

test('a datagram is a line, with the address it came from; what is empty is counted', async () => {
  const udp = await freePort();
  const { got, metrics, close } = await openListeners({ udp });
  const socket = createSocket('udp4');
  for (const text of ['<13>Nov 23 10:00:00 web1 app: one\n', '\n', '<13>Nov 23 10:00:00 web1 app: two']) {
    await new Promise((resolve) => socket.send(text, udp, '127.0.0.1', resolve));
  }
  await got.until(2);
  socket.close();
  assert.deepEqual(got.texts(), ['one', 'two']);
  assert.equal(got.lines[0]?.sender, '127.0.0.1');
  const counted = metrics();
  assert.equal(counted['syslog_received_total{transport="udp"}'], 3);
  assert.equal(counted['syslog_dropped_total{transport="udp",reason="empty"}'], 1);
  await close();
});

test('one sender gets no more than its lines of a second; the others are counted', async () => {
  const udp = await freePort();
  const clock = { ...systemClock, monotonic: () => 5_000 };
  const { got, metrics, close } = await openListeners({ udp, linesPerSecond: 3 }, clock);
  const socket = createSocket('udp4');
  for (let i = 0; i < 10; i++) await new Promise((resolve) => socket.send(`<13>${i}`, udp, '127.0.0.1', resolve));
  await got.until(3);
  while (metrics()['syslog_received_total{transport="udp"}'] !== 10) await systemClock.sleep(5);
  socket.close();
  assert.equal(got.lines.length, 3);
  assert.equal(metrics()['syslog_dropped_total{transport="udp",reason="source_limit"}'], 7);
  await close();
});

test('lines by TCP in both framings; the last one needs no end', async () => {
  const tcp = await freePort();
  const { got, close } = await openListeners({ tcp });
  const lines = createConnection(tcp, '127.0.0.1').end('<13>one\n<13>two\n<13>three');
  const counted = createConnection(tcp, '127.0.0.1').end('8 <13>four8 <13>five');
  await Promise.all([closed(lines), closed(counted)]);
  await got.until(5);
  assert.deepEqual(got.texts().toSorted(), ['five', 'four', 'one', 'three', 'two']);
  await close();
});

test('a sender is held back while there is no room, and loses nothing', async () => {
  const tcp = await freePort();
  const { got, metrics, close } = await openListeners({ tcp });
  got.setRoom(1);
  const socket = createConnection(tcp, '127.0.0.1');
  socket.write('<13>first\n');
  await got.until(1);
  socket.end(Array.from({ length: 1000 }, (_, i) => `<13>later ${i}\n`).join(''));
  got.setRoom(Number.POSITIVE_INFINITY);
  await got.until(1001);
  assert.equal(metrics()['syslog_dropped_total{transport="tcp",reason="buffer_full"}'], 0);
  await close();
});

test('a count that lies ends its connection, is counted, and harms nobody else', async () => {
  const tcp = await freePort();
  const { got, metrics, close } = await openListeners({ tcp });
  const liar = createConnection(tcp, '127.0.0.1');
  liar.on('error', () => undefined);
  liar.write('999999999 <13>x');
  const honest = createConnection(tcp, '127.0.0.1').end('<13>honest\n');
  await Promise.all([closed(liar), closed(honest)]);
  await got.until(1);
  assert.equal(metrics()['syslog_connections_closed_total{transport="tcp",reason="count_too_large"}'], 1);
  assert.ok(got.texts().includes('honest'));
  await close();
});

test('one address gets no more than its connections', async () => {
  const tcp = await freePort();
  const { metrics, close } = await openListeners({ tcp, connectionsPerSender: 2 });
  const sockets = Array.from({ length: 5 }, () => createConnection(tcp, '127.0.0.1').on('error', () => undefined));
  while (metrics()['syslog_connections_closed_total{transport="tcp",reason="sender"}'] !== 3) {
    await systemClock.sleep(5);
  }
  assert.equal(metrics()['syslog_connections{transport="tcp"}'], 2);
  for (const socket of sockets) socket.destroy();
  await close();
});

test('a sender that drips a frame, and one that is silent, are sent away in time', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  let now = 1_000;
  const clock = { ...systemClock, monotonic: () => now };
  const tcp = await freePort();
  const { got, metrics, close } = await openListeners({ tcp, idleSeconds: 60 }, clock);
  const dripping = createConnection(tcp, '127.0.0.1').on('error', () => undefined);
  const silent = createConnection(tcp, '127.0.0.1').on('error', () => undefined);
  // What comes together is read together: with the first line the second has begun.
  dripping.write('<13>whole\n<13>a line without');
  await got.until(1);
  while (metrics()['syslog_connections{transport="tcp"}'] !== 2) await systemClock.sleep(5);
  const dripped = closed(dripping);
  now = 32_000;
  mock.timers.tick(2_000);
  await dripped;
  const idle = closed(silent);
  now = 62_000;
  mock.timers.tick(2_000);
  await idle;
  mock.timers.reset();
  assert.equal(metrics()['syslog_connections_closed_total{transport="tcp",reason="frame_timeout"}'], 1);
  assert.equal(metrics()['syslog_connections_closed_total{transport="tcp",reason="idle"}'], 1);
  await close();
});

test('a port that another program has is refused with the remedy, and ours may be shared', async (t) => {
  if (process.platform !== 'linux') return t.skip('ports are shared on Linux only');
  const udp = await freePort();
  const script = `require('dgram').createSocket({type:'udp4',reusePort:true}).bind(${udp},'127.0.0.1',()=>console.log('open'))`;
  const stranger = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(stranger.stdout, 'data');
  await assert.rejects(openListeners({ udp }), { code: 'port_in_use' });
  stranger.kill();
  await once(stranger, 'exit');
  const first = await openListeners({ udp });
  const second = await openListeners({ udp });
  await Promise.all([first.close(), second.close()]);
});

test('the kernel’s table is read as Linux writes it', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  881: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 23
`;
  assert.deepEqual(parseSocketTable(table), [{ inode: '4711', port: 5514, drops: 23, listening: true }]);
  assert.deepEqual(parseSocketTable(table, 5514), parseSocketTable(table));
  assert.deepEqual(parseSocketTable(table, 5515), []);
});
