import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { frameTexts } from './frames.ts';

test('a client reads messages that were framed together one by one, whatever their length', async () => {
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000, 200_000, 3].map(
    (length) => 'é'.repeat(length >> 1) + 'x',
  );
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (_socket, request) => {
    for (const { octets } of frameTexts(texts)) request.socket.write(octets);
  });
  const { port } = server.address() as { port: number };
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const came: string[] = [];
  client.on('message', (data, binary) => {
    assert.equal(binary, false);
    came.push(String(data));
  });
  while (came.length < texts.length) await turn();
  assert.deepEqual(came, texts);
  client.terminate();
  server.close();
});

test('small messages go out together, and each is counted', () => {
  const frames = frameTexts(Array.from({ length: 1_000 }, (_, i) => 'x'.repeat(i)));
  assert.equal(
    frames.reduce((sum, { count }) => sum + count, 0),
    1_000,
  );
  assert.ok(frames.length < 6, `${frames.length} pieces`);
});
