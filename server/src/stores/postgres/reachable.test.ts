import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { reachDatabase } from './reachable.ts';

/** Lets so many connections wait, and three times as many come. */
const BACKLOG = 8;

test('a database that hangs is there, also when it takes no more connections', async (t) => {
  const script = `const server = require('node:net').createServer();
    server.listen({ host: '127.0.0.1', port: 0, backlog: ${BACKLOG} }, () => console.log(server.address().port))`;
  const hanging = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => hanging.kill('SIGKILL'));
  const [said] = (await once(hanging.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  hanging.kill('SIGSTOP');
  const url = `postgres://127.0.0.1:${port}/any`;
  assert.equal(await reachDatabase(url, 60_000), 'open');
  const waiting = Array.from({ length: 3 * BACKLOG }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  t.after(() => waiting.forEach((socket) => socket.destroy()));
  await Promise.all(waiting.slice(0, BACKLOG - 1).map((socket) => once(socket, 'connect')));
  assert.ok(waiting.some((socket) => socket.connecting));
  assert.equal(await reachDatabase(url, 3_000), 'open');
});
