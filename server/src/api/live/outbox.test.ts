import assert from 'node:assert/strict';
import test from 'node:test';
import { createOutbox } from './outbox.ts';

function fakeSocket() {
  const socket = {
    OPEN: 1 as const,
    readyState: 1 as const,
    bufferedAmount: 0,
    sent: [] as string[],
    written: [] as Buffer[],
    closed: 0,
    terminated: false,
    write(octets: Buffer) {
      socket.written.push(octets);
      socket.bufferedAmount += octets.length;
      return true;
    },
    send(text: string) {
      socket.sent.push(text);
      socket.bufferedAmount += text.length;
    },
    close(code: number) {
      socket.closed = code;
    },
    terminate() {
      socket.terminated = true;
    },
  };
  return socket;
}

const KIB = 'x'.repeat(1_022);
const json = JSON.stringify(KIB);

test('a client that does not read costs at most 1 MiB, and learns afterwards what it missed', () => {
  const socket = fakeSocket();
  const outbox = createOutbox(socket as never, socket);
  for (let n = 0; n < 3_000; n++) outbox.event('a', json);
  assert.ok(socket.bufferedAmount <= 1024 * 1024 + 100, `${socket.bufferedAmount} bytes wait`);
  const delivered = socket.sent.length;
  outbox.event('b', json);
  socket.bufferedAmount = 0;
  outbox.event('a', '1');
  assert.deepEqual(
    socket.sent.slice(delivered).map((text) => JSON.parse(text)),
    [
      { type: 'gap', id: 'a', dropped: 3_000 - delivered },
      { type: 'gap', id: 'b', dropped: 1 },
      { type: 'event', id: 'a', data: 1 },
    ],
  );
});

test('the gap is told without a new event too, once the client has caught up', () => {
  const socket = fakeSocket();
  const outbox = createOutbox(socket as never, socket);
  for (let n = 0; n < 1_100; n++) outbox.event('a', json);
  outbox.sweep();
  assert.equal(JSON.parse(socket.sent.at(-1)!).type, 'event');
  socket.bufferedAmount = 0;
  outbox.sweep();
  assert.equal(JSON.parse(socket.sent.at(-1)!).type, 'gap');
  assert.equal(socket.closed, 0);
});

test('a client that stays behind for two sweeps is sent away with 1013', () => {
  const socket = fakeSocket();
  const outbox = createOutbox(socket as never, socket);
  for (let n = 0; n < 1_100; n++) outbox.event('a', json);
  outbox.sweep();
  assert.equal(socket.terminated, false);
  outbox.sweep();
  assert.deepEqual([socket.closed, socket.terminated], [1013, true]);
});

test('nothing is told of a subscription that has ended', () => {
  const socket = fakeSocket();
  const outbox = createOutbox(socket as never, socket);
  for (let n = 0; n < 1_100; n++) outbox.event('a', json);
  outbox.forget('a');
  socket.bufferedAmount = 0;
  const before = socket.sent.length;
  outbox.sweep();
  assert.equal(socket.sent.length, before);
});

test('events that came together are made ready once for all clients, and a slow one misses them whole', () => {
  const [quick, slow] = [fakeSocket(), fakeSocket()];
  const [first, second] = [createOutbox(quick as never, quick), createOutbox(slow as never, slow)];
  const batches = Array.from({ length: 40 }, () => Array.from({ length: 50 }, () => json));
  for (const batch of batches) {
    first.events('a', batch);
    second.events('a', batch);
    quick.bufferedAmount = 0;
  }
  assert.equal(quick.written[0], slow.written[0]);
  assert.equal(quick.written.length, 40);
  assert.ok(slow.bufferedAmount <= 1024 * 1024, `${slow.bufferedAmount} bytes wait`);
  slow.bufferedAmount = 0;
  second.sweep();
  assert.deepEqual(JSON.parse(slow.sent[0]!), { type: 'gap', id: 'a', dropped: (40 - slow.written.length) * 50 });
});
