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
import { connectedTo, findDaemon, freePort, noConnectionTo, openListeners } from './testing.ts';

const run = promisify(execFile);
const SYSLOG_NG = findDaemon('syslog-ng');
const OPENSSL = '/usr/bin/openssl';

describe('syslog-ng as sender', { skip: SYSLOG_NG ? false : 'syslog-ng is not installed' }, () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sotp-syslog-ng-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  /** Starts the daemon with one input by TCP and these destinations; answers how to speak to it and how to end it. */
  async function startSyslogNg(destinations: string) {
    const input = await freePort();
    const config = `@version: 3.38
options { keep-hostname(yes); time-reopen(1); stats-freq(0); };
source s { network(ip("127.0.0.1") port(${input}) transport("tcp") flags(syslog-protocol)); };
destination d { ${destinations} };
log { source(s); destination(d); flags(flow-control); };
`;
    await writeFile(join(dir, 'syslog-ng.conf'), config);
    const files = ['pid', 'persist', 'ctl'].map((name) => join(dir, `${input}.${name}`));
    const options = ['-F', '-f', join(dir, 'syslog-ng.conf'), '-p', files[0]!, '-R', files[1]!, '-c', files[2]!];
    const daemon = spawn(SYSLOG_NG ?? '', options, { stdio: 'ignore' });
    const socket = await connectedTo(input);
    return {
      say(text: string): void {
        socket.write(`<134>1 2026-11-23T10:00:00Z web1 app 7 ID - ${text}\n`);
      },
      async stop(): Promise<void> {
        socket.destroy();
        daemon.kill();
        await once(daemon, 'exit');
      },
    };
  }

  test('UDP, TCP and TLS, in both formats: every field comes through', async (t) => {
    if (!existsSync(OPENSSL)) return t.skip('openssl is not installed');
    const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' ');
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    await run(OPENSSL, [...request, ...name]);
    const [udp, tcp, tls] = [await freePort(), await freePort(), await freePort()];
    const { got, close } = await openListeners({ udp, tcp, tls: { port: tls, cert, key, clientCa: cert } });
    const secure = `tls(ca-file("${cert}") cert-file("${cert}") key-file("${key}") peer-verify(required-trusted))`;
    const sender = await startSyslogNg(`
      network("127.0.0.1" port(${udp}) transport("udp") persist-name("a"));
      network("127.0.0.1" port(${tcp}) transport("tcp") persist-name("b"));
      syslog("127.0.0.1" port(${udp}) transport("udp") persist-name("c"));
      syslog("127.0.0.1" port(${tcp}) transport("tcp") persist-name("d"));
      syslog("127.0.0.1" port(${tls}) transport("tls") ${secure} persist-name("e"));`);
    sender.say('größe');
    await got.until(5);
    await sender.stop();
    await close();
    for (const { content } of got.lines) {
      const { host, app, procId, severity, facility, parseError } = content;
      assert.deepEqual([host, app, procId, severity, facility, parseError], ['web1', 'app', '7', 6, 16, '']);
      assert.equal(content.text.slice(content.body), 'größe');
    }
    assert.equal(got.lines.filter(({ content }) => content.msgId === 'ID').length, 3);
  });

  test('a sender that buffers on disk loses nothing that it was not told was received, over a restart of ours', async () => {
    const tcp = await freePort();
    const first = await openListeners({ tcp });
    const buffer = `disk-buffer(mem-buf-size(1000000) disk-buf-size(2000000) reliable(yes) dir("${dir}"))`;
    const sender = await startSyslogNg(`syslog("127.0.0.1" port(${tcp}) transport("tcp") ${buffer});`);
    for (let i = 0; i < 200; i++) sender.say(`before ${i}`);
    await first.got.until(200);
    await first.close();
    // Nobody listens now: it notices with its first line, which plain TCP has no way to give back.
    sender.say('into the void');
    await noConnectionTo(tcp);
    for (let i = 0; i < 500; i++) sender.say(`between ${i}`);
    const second = await openListeners({ tcp });
    for (let i = 0; i < 100; i++) sender.say(`behind ${i}`);
    const missing = () => {
      const texts = new Set(second.got.texts());
      const wanted = [
        ...Array.from({ length: 500 }, (_, i) => `between ${i}`),
        ...Array.from({ length: 100 }, (_, i) => `behind ${i}`),
      ];
      return wanted.filter((text) => !texts.has(text));
    };
    for (let tries = 0; tries < 1_200 && missing().length > 0; tries++) await systemClock.sleep(100);
    await sender.stop();
    await second.close();
    assert.deepEqual(missing(), []);
    assert.deepEqual(
      first.got.texts(),
      Array.from({ length: 200 }, (_, i) => `before ${i}`),
    );
  });
});
