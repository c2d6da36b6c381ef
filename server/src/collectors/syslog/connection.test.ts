import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { openConnection } from './connection.ts';
import type { CloseReason } from './connection.ts';

async function serveOne(now = () => 0) {
  const texts: string[] = [];
  const reasons: (CloseReason | undefined)[] = [];
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const connection = openConnection(socket, {
    now,
    peer: '127.0.0.1',
    proxied: false,
    handshakes: undefined,
    onLine: (bytes, start, end) => texts.push(bytes.toString('utf8', start, end)) > 0,
    afterChunk: () => undefined,
    onSender: () => undefined,
    onClosed: (reason) => reasons.push(reason),
  });
  return { client, socket, connection, server, texts, reasons };
}

test('a connection that is over holds nothing of ours: neither one that spoke nor one that was silent', async () => {
  for (const said of ['<13>one\n<13>two', '']) {
    const { client, socket, server, texts, reasons } = await serveOne();
    const over = once(socket, 'close');
    client.end(said);
    await over;
    assert.deepEqual(texts, said.split('\n').filter(Boolean));
    assert.deepEqual(reasons, [undefined]);
    assert.deepEqual(socket.eventNames(), []);
    server.close();
  }
});

test('a silent connection is ended when its time is over, and says so', async () => {
  let now = 0;
  const { client, connection, server, reasons } = await serveOne(() => now);
  assert.equal(connection.check(now, 1_000), false);
  now = 1_001;
  const over = once(client, 'close');
  assert.equal(connection.check(now, 1_000), true);
  assert.deepEqual(reasons, ['idle']);
  client.resume();
  await over;
  server.close();
});
