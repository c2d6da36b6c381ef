import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createTargetGuard } from '#domain/target-guard.ts';
import { AppError } from '#platform/errors.ts';
import { retryAfterMs } from './post.ts';
import { createWebhook } from './webhook.ts';

interface Hit {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver on every loopback address of IPv4, and on ::1 where there is one. */
async function receiver(t: TestContext, answer: (response: ServerResponse) => void = (response) => response.end()) {
  const hits: Hit[] = [];
  const listen = async (host: string, port: number) => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        hits.push({ headers: request.headers, body });
        answer(response);
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  const port = await listen('0.0.0.0', 0);
  await listen('::1', port).catch(() => undefined);
  return { hits, port };
}

const message = { idempotencyKey: 'key-1', body: { event: 'fired' } };
const signal = new AbortController().signal;

async function refusal(work: Promise<void>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  throw new Error('it was sent');
}

test('a webhook gets the message as JSON with its idempotency key, at an address that the configuration allows', async (t) => {
  const { hits, port } = await receiver(t);
  for (const allowed of ['127.0.0.1', '127.0.0.0/8', 'localhost']) {
    const webhook = createWebhook({ guard: createTargetGuard([allowed]), resolve: async () => ['127.0.0.1'] });
    await webhook.send(message, { url: `http://localhost:${port}/hook?key=secret` }, signal);
    assert.equal(webhook.target({ url: `http://localhost:${port}/hook?key=secret` }), `http://localhost:${port}`);
  }
  assert.equal(hits.length, 3);
  assert.equal(hits[0]!.headers['idempotency-key'], 'key-1');
  assert.deepEqual(JSON.parse(hits[0]!.body), { event: 'fired' });
});

/** Ways to spell this machine, its networks and what forwards to them. */
const SPELLINGS = `
  127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001
  127.255.255.254 127.0.0.1. 0 0.0.0.0 0x0 000.0.0.0 ①②⑦.⓪.⓪.① 127。0。0。1
  %31%32%37.0.0.1 [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1]
  [::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:7f00:1::1] [2001:0:7f00:1::] [fe80::1]
  [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1] [2001:db8::1] [100::1] 169.254.169.254 169.254.1.1
  2852039166 0xa9fea9fe [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1
  100.64.0.1 100.100.100.200 192.0.0.192 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1
  203.0.113.1 198.51.100.1 localhost LOCALHOST localhost. rebind.example.net
`
  .trim()
  .split(/\s+/);

test('no spelling of a local or private address reaches anybody, and the refusal says what to do', async (t) => {
  const { hits, port } = await receiver(t);
  const webhook = createWebhook({ guard: createTargetGuard([]), resolve: async () => ['93.184.216.34', '127.0.0.1'] });
  assert.ok(SPELLINGS.length >= 60, String(SPELLINGS.length));
  for (const host of SPELLINGS) {
    const { code, message: sentence } = await refusal(
      webhook.send(message, { url: `http://${host}:${port}/` }, signal),
    );
    assert.equal(code, 'target_refused', host);
    assert.match(sentence, /alerting\.allowedTargets/, host);
  }
  for (const url of [
    `http://a@127.0.0.1:${port}/`,
    `http://example.net:80@127.0.0.1:${port}/`,
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
  ]) {
    assert.equal((await refusal(webhook.send(message, { url }, signal))).code, 'target_refused', url);
  }
  assert.equal(hits.length, 0);
});

test('a name is resolved once: what it says later is not asked', async (t) => {
  const { hits, port } = await receiver(t);
  let asked = 0;
  const webhook = createWebhook({
    guard: createTargetGuard(['127.0.0.1']),
    resolve: async () => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'],
  });
  await webhook.send(message, { url: `http://rebind.example.net:${port}/` }, signal);
  assert.deepEqual([asked, hits.length], [1, 1]);
  assert.equal(
    (await refusal(webhook.send(message, { url: `http://rebind.example.net:${port}/` }, signal))).code,
    'target_refused',
  );
});

test('a redirect is not followed, and counts as a failure', async (t) => {
  const target = await receiver(t);
  const { port, hits } = await receiver(t, (response) => {
    response.writeHead(302, { location: `http://127.0.0.2:${target.port}/` }).end();
  });
  const webhook = createWebhook({ guard: createTargetGuard(['127.0.0.1']) });
  const { code, message: sentence } = await refusal(
    webhook.send(message, { url: `http://127.0.0.1:${port}/` }, signal),
  );
  assert.deepEqual([code, hits.length, target.hits.length], ['notification_failed', 1, 0]);
  assert.match(sentence, /redirect/);
});

test('a receiver that is busy says when to come again; one that is silent is left after the time limit', async (t) => {
  const busy = await receiver(t, (response) => response.writeHead(429, { 'retry-after': '7' }).end());
  const silent = await receiver(t, () => undefined);
  const webhook = createWebhook({ guard: createTargetGuard(['127.0.0.1']), timeoutMs: 100 });
  const told = await refusal(webhook.send(message, { url: `http://127.0.0.1:${busy.port}/` }, signal));
  assert.deepEqual([told.code, told.retryAfterMs], ['notification_failed', 7_000]);
  const late = await refusal(webhook.send(message, { url: `http://127.0.0.1:${silent.port}/` }, signal));
  assert.match(late.message, /No answer within 0\.1 s/);
});

test('Retry-After is seconds or a date, and at most an hour', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(retryAfterMs('120', now), 120_000);
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now), 30_000);
  assert.equal(retryAfterMs('999999999', now), 3_600_000);
  for (const nonsense of [undefined, '', 'soon', '-5']) assert.equal(retryAfterMs(nonsense, now), 0, String(nonsense));
});
