import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '#platform/clock.ts';
import { closed, connectedTo, findDaemon, freePort, noConnectionTo, openListeners } from './testing.ts';

const run = promisify(execFile);
const RSYSLOGD = findDaemon('rsyslogd');
const OPENSSL = '/usr/bin/openssl';
const MODULES = RSYSLOGD?.replace('/usr/sbin/rsyslogd', '/usr/lib/x86_64-linux-gnu/rsyslog') ?? '';
const FORMAT = 'template="RSYSLOG_SyslogProtocol23Format"';

describe('rsyslog as sender', { skip: RSYSLOGD ? false : 'rsyslog is not installed' }, () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sotp-rsyslog-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  /** Starts the daemon with one input by TCP and these actions; answers how to speak to it and how to end it. */
  async function startRsyslog(actions: string, globals = '') {
    const input = await freePort();
    const file = join(dir, 'rsyslog.conf');
    await writeFile(
      file,
      `global(workDirectory="${dir}" ${globals})
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${input}")
${actions}
`,
    );
    const options = ['-n', '-f', file, '-i', join(dir, `${input}.pid`), '-M', MODULES];
    const daemon = spawn(RSYSLOGD ?? '', options, { stdio: 'ignore' });
    const socket = await connectedTo(input);
    return {
      say(text: string): void {
        socket.write(`<134>1 2026-11-23T10:00:00Z web1 app 7 ID - ${text}\n`);
      },
      async stop(): Promise<void> {
        // It closes its side when it has read to the end what it has been told.
        await closed(socket.end().resume());
        daemon.kill();
        await once(daemon, 'exit');
      },
    };
  }

  test('UDP, TCP in both framings and TLS with a certificate: every field comes through', async (t) => {
    if (!existsSync(OPENSSL)) return t.skip('openssl is not installed');
    if (!existsSync(join(MODULES, 'lmnsd_ossl.so'))) return t.skip('rsyslog-openssl is not installed');
    const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const request = 'req -x509 -newkey rsa:2048 -nodes -days 2'.split(' ');
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
    await run(OPENSSL, [...request, ...name]);
    const [udp, tcp, tls] = [await freePort(), await freePort(), await freePort()];
    const { got, close } = await openListeners({ udp, tcp, tls: { port: tls, cert, key, clientCa: cert } });
    const driver = 'StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid"';
    const to = (port: number, protocol: string) =>
      `type="omfwd" target="127.0.0.1" port="${port}" protocol="${protocol}"`;
    const sender = await startRsyslog(
      [
        `action(${to(udp, 'udp')} ${FORMAT})`,
        `action(${to(tcp, 'tcp')} ${FORMAT} TCP_Framing="traditional")`,
        `action(${to(tcp, 'tcp')} ${FORMAT} TCP_Framing="octet-counted")`,
        `action(${to(tls, 'tcp')} ${FORMAT} TCP_Framing="octet-counted" ${driver})`,
      ].join('\n'),
      `DefaultNetstreamDriverCAFile="${cert}" DefaultNetstreamDriverCertFile="${cert}" DefaultNetstreamDriverKeyFile="${key}"`,
    );
    sender.say('größe');
    await got.until(4);
    await sender.stop();
    await close();
    for (const { content } of got.lines) {
      const { host, app, procId, msgId, severity, facility, parseError } = content;
      assert.deepEqual(
        [host, app, procId, msgId, severity, facility, parseError],
        ['web1', 'app', '7', 'ID', 6, 16, ''],
      );
      assert.equal(content.text.slice(content.body), 'größe');
    }
  });

  test('with a queue on disk nothing is lost over a restart of ours, and of its own while we are away', async () => {
    const tcp = await freePort();
    const queue = `queue.type="Disk" queue.fileName="q" queue.maxDiskSpace="50m" queue.saveOnShutdown="on"`;
    const retry = 'action.resumeRetryCount="-1" action.resumeInterval="1"';
    const action = `action(type="omfwd" target="127.0.0.1" port="${tcp}" protocol="tcp" TCP_Framing="octet-counted" ${FORMAT} ${queue} ${retry})`;
    const texts = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word} ${i}`);
    const first = await openListeners({ tcp });
    let sender = await startRsyslog(action);
    for (const text of texts('before', 200)) sender.say(text);
    await first.got.until(200);
    await first.close();
    // Nobody listens now: it notices with its first line, which plain TCP has no way to give back.
    sender.say('into the void');
    await noConnectionTo(tcp);
    for (const text of texts('between', 500)) sender.say(text);
    await sender.stop();
    sender = await startRsyslog(action);
    for (const text of texts('restarted', 100)) sender.say(text);
    const second = await openListeners({ tcp });
    for (const text of texts('behind', 100)) sender.say(text);
    const wanted = [...texts('between', 500), ...texts('restarted', 100), ...texts('behind', 100)];
    const missing = () => {
      const came = new Set(second.got.texts());
      return wanted.filter((text) => !came.has(text));
    };
    for (let tries = 0; tries < 1_200 && missing().length > 0; tries++) await systemClock.sleep(100);
    await sender.stop();
    await second.close();
    assert.deepEqual(missing(), []);
    assert.deepEqual(first.got.texts(), texts('before', 200));
  });
});
