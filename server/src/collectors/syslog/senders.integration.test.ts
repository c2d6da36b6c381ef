import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { closed, freePort, openListeners } from './testing.ts';

const run = promisify(execFile);
const LOGGER = ['/usr/bin/logger', '/bin/logger'].find(existsSync);
const OPENSSL = ['/usr/bin/openssl'].find(existsSync);

describe('real senders', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sotp-senders-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  test('logger, by UDP and TCP, old format and new, counted and not', async (t) => {
    if (!LOGGER) return t.skip('logger is not installed');
    const port = await freePort();
    const { got, close } = await openListeners({ udp: port, tcp: port });
    const to = ['-n', '127.0.0.1', '-P', String(port), '-t', 'sotp-test', '-p', 'local3.warning'];
    const ways = [
      ['-d', '--rfc3164'],
      ['-d', '--rfc5424'],
      ['-T', '--rfc3164'],
      ['-T', '--rfc5424'],
      ['-T', '--rfc5424', '--octet-count'],
    ];
    for (const [i, way] of ways.entries()) await run(LOGGER, [...to, ...way, `line ${i} größe`]);
    await got.until(5);
    assert.deepEqual(
      got.texts().toSorted(),
      ways.map((_, i) => `line ${i} größe`),
    );
    for (const { content } of got.lines) {
      assert.deepEqual([content.app, content.severity, content.facility, content.parseError], ['sotp-test', 4, 19, '']);
      assert.ok(Math.abs(content.at - Date.now()) < 60_000);
    }
    await close();
  });

  test('TLS, with and without a certificate of the sender', async (t) => {
    if (!OPENSSL) return t.skip('openssl is not installed');
    const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await run(OPENSSL, [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const { readFileSync } = await import('node:fs');
    const ca = readFileSync(cert);
    const own = { cert: ca, key: readFileSync(key) };
    const port = await freePort();
    const { got, close } = await openListeners({ tls: { port, cert, key, clientCa: cert } });
    const known = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...own });
    known.end('9 <13>known');
    await got.until(1);
    const stranger = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
    stranger.end('12 <13>stranger');
    await closed(stranger);
    assert.deepEqual(got.texts(), ['known']);
    await close();
  });
});
