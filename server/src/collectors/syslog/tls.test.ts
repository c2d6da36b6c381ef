import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { closed, freePort, openListeners } from './testing.ts';

const OPENSSL = '/usr/bin/openssl';

describe('syslog over TLS', { skip: existsSync(OPENSSL) ? false : 'openssl is not installed' }, () => {
  let dir: string;
  let files: { cert: string; key: string };
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'sotp-syslog-tls-'));
    files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
    const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(
      ' ',
    );
    execFileSync(OPENSSL, [...request, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  async function listen(more: Record<string, unknown> = {}) {
    const port = await freePort();
    const opened = await openListeners({ tls: { port, ...files }, ...more });
    return { port, ...opened };
  }

  async function opened(port: number): Promise<{ raw: Socket; secure: TLSSocket }> {
    const raw = createConnection(port, '127.0.0.1');
    await once(raw, 'connect');
    const secure = connect({ socket: raw, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    return { raw, secure };
  }

  const connections = (metrics: Record<string, number>) => metrics['syslog_connections{transport="tls"}'];

  test('a sender that says it is done is let go, and its last line counts', async () => {
    const { port, got, metrics, close } = await listen();
    const { secure } = await opened(port);
    // Its own side stays open: it is ours to close.
    secure.on('end', () => undefined);
    secure.write('<13>first\n');
    secure.end('<13>last, not ended');
    await closed(secure);
    await got.until(2);
    assert.deepEqual(got.texts(), ['first', 'last, not ended']);
    assert.equal(connections(metrics()), 0);
    await close();
  });

  test('a connection that ends without TLS saying so keeps what came whole, and leaves nothing open', async () => {
    const { port, got, metrics, close } = await listen();
    const { raw, secure } = await opened(port);
    secure.on('error', () => undefined);
    secure.write('<13>whole\n');
    await got.until(1);
    // The end of TCP only: whoever cut it was not the sender.
    raw.end();
    await closed(raw);
    assert.deepEqual(got.texts(), ['whole']);
    assert.equal(connections(metrics()), 0);
    await close();
  });

  /** TLS over a connection on which something else is said first. `apart`: not in the same piece. */
  async function behind(port: number, header: Buffer, apart: boolean): Promise<TLSSocket> {
    const raw = createConnection(port, '127.0.0.1');
    await once(raw, 'connect');
    let before: Buffer | undefined = header;
    if (apart) {
      for (const octet of header) raw.write(Buffer.of(octet));
      before = undefined;
    }
    // What TLS writes first goes out as one piece with the header.
    const joined = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        raw.write(before ? Buffer.concat([before, chunk]) : chunk, () => done());
        before = undefined;
      },
      final: (done) => void raw.end(() => done()),
    });
    raw.on('data', (chunk) => joined.push(chunk));
    raw.on('end', () => joined.push(null));
    const secure = connect({ socket: joined, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    return secure;
  }

  const version2 = Buffer.concat([
    Buffer.from('\r\n\r\n\0\r\nQUIT\n'),
    Buffer.of(0x21, 0x11, 0, 12, 192, 0, 2, 8, 127, 0, 0, 1, 0, 1, 0, 2),
  ]);

  test('a proxy names the sender before TLS begins, in the same piece or octet by octet', async () => {
    const { port, got, close } = await listen({ proxies: ['127.0.0.1'] });
    const headers = [Buffer.from('PROXY TCP4 192.0.2.7 127.0.0.1 40000 6514\r\n'), version2];
    for (const [i, header] of headers.entries()) {
      for (const apart of [false, true]) {
        const secure = await behind(port, header, apart);
        secure.end(`<13>line ${i} ${apart}\n`);
        await closed(secure);
      }
    }
    await got.until(4);
    assert.deepEqual(
      got.lines.map(({ sender, content }) => [sender, content.text.slice(content.body)]),
      [
        ['192.0.2.7', 'line 0 false'],
        ['192.0.2.7', 'line 0 true'],
        ['192.0.2.8', 'line 1 false'],
        ['192.0.2.8', 'line 1 true'],
      ],
    );
    await close();
  });

  test('TLS without the header that a proxy owes is refused', async () => {
    const { port, got, metrics, close } = await listen({ proxies: ['127.0.0.1'] });
    const secure = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await closed(secure);
    assert.deepEqual(got.texts(), []);
    assert.equal(metrics()['syslog_connections_closed_total{transport="tls",reason="proxy_header"}'], 1);
    await close();
  });
});
