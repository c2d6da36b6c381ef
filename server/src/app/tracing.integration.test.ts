import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, test } from 'node:test';
import { readLocalAccess } from '#app/cli/local-token.ts';
import { runSotp, takenPort, temporaryDir, until } from './testing/run-sotp.ts';
import type { RunningSotp } from './testing/run-sotp.ts';
import { startReceiver } from './tracing/testing.ts';

const COMMUNITY = 'a-community-nobody-may-see';
const PASSWORD = 'a-password-nobody-may-see';

const dir = await temporaryDir();
const receiver = await startReceiver();
let sotp: RunningSotp | undefined;
after(async () => {
  sotp?.kill('SIGTERM');
  await sotp?.ended;
  await receiver.close();
  await dir.remove();
});

async function freePort(): Promise<number> {
  const taken = await takenPort();
  await taken.release();
  return taken.port;
}

/** Whether a span came whose way from the beginning of its trace went through these, perhaps with others between. */
function came(...names: readonly string[]): boolean {
  return receiver.spans.some((span) => {
    if (span.name !== names.at(-1)) return false;
    const path = receiver.pathTo(span).map(({ name }) => name);
    let at = 0;
    for (const name of path) if (name === names[at]) at++;
    return at === names.length && path[0] === names[0];
  });
}

test('traces go from request to store, from tick to stored sample over both processes, and tell no secret', async () => {
  const [port, syslog] = [await freePort(), await freePort()];
  sotp = runSotp(['start', '--port', String(port), '--data-dir', dir.path, '--collectors', '1', '--demo', '1'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    SOTP_TELEMETRY_OTLP_RATIO: '1',
    SOTP_ADMIN_PASSWORD: PASSWORD,
    SOTP_SYSLOG_HOST: '127.0.0.1',
    SOTP_SYSLOG_UDP: String(syslog),
    SOTP_SYSLOG_TCP: '0',
    SOTP_TRAPS_UDP: '0',
  });
  const address = await sotp.ready;
  const access = readLocalAccess(dir.path);
  assert.ok(access);
  async function call(method: string, path: string, body?: unknown) {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${access?.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json() as Promise<{ id: string; items: { id: string }[] }>;
  }
  const { id: credential } = await call('POST', '/credentials', {
    name: 'x',
    kind: 'snmp-v2c',
    secret: { community: COMMUNITY },
  });
  const { id } = await call('POST', '/devices', {
    address: '127.26.9.9',
    credentials: [credential],
    collectors: [{ name: 'snmp', settings: { port: 9 } }],
  });
  await call('GET', '/devices');
  const sender = createSocket('udp4');
  sender.send('<13>Oct 11 22:14:15 host app: a line', syslog, '127.0.0.1', () => sender.close());

  const ways = [
    ['GET /api/v1/devices', 'devices.list'],
    ['scheduler tick', 'job of polls', 'poll', 'ingest batch', 'deliver batch', 'metrics.write'],
    ['scheduler tick', 'job of polls', 'poll', 'ingest batch', 'deliver batch', 'devices.writeState'],
    ['syslog batch', 'deliver batch', 'logs.write'],
  ];
  for (const way of ways) await until(way.join(' > '), () => came(...way), 40_000);
  let askedAt = Number.NEGATIVE_INFINITY;
  await until('POST /api/v1/devices/:id/poll > job of polls > poll', async () => {
    // A poll that is under way is not made twice: then it is asked for again.
    if (performance.now() - askedAt > 5_000) {
      askedAt = performance.now();
      await call('POST', `/devices/${id}/poll`);
    }
    return came('POST /api/v1/devices/:id/poll', 'job of polls', 'poll');
  });

  const poll = receiver.spans.find(({ name, service }) => name === 'poll' && service === 'sotp-collector');
  assert.equal(poll?.attributes.get('collector'), 'snmp');
  const request = receiver.spans.find(({ name }) => name === 'GET /api/v1/devices');
  assert.deepEqual([request?.service, request?.attributes.get('http.response.status_code')], ['sotp-hub', 200]);
  const all = receiver.bodies.join('\n');
  for (const secret of [COMMUNITY, PASSWORD, access.token, 'a line', '127.26.9.9'])
    assert.ok(!all.includes(secret), `a span tells ${secret}`);
});
