// Debian's syslog daemons as the bench and the tests of real senders run them: on free ports, in a folder of their own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Receiver {
  readonly name: string;
  readonly process: ChildProcess;
  readonly udp: number;
  readonly tcp: number;
  /** Lines that it has received so far. */
  received(): Promise<number>;
}

export const freePort = () => 27_000 + Math.floor(Math.random() * 900);

/** A program in the system's folders, or below SOTP_TEST_PROGRAMS, where packages that exclude each other are unpacked. */
function find(program: string): string | undefined {
  const folders = [process.env['SOTP_TEST_PROGRAMS'], ''].filter((folder) => folder !== undefined);
  return folders.map((folder) => join(folder || '/', 'usr/sbin', program)).find((path) => existsSync(path));
}

async function linesOf(file: string): Promise<number> {
  const bytes = readFileSync(file);
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

export async function startRsyslog(dir: string): Promise<Receiver | undefined> {
  const program = find('rsyslogd');
  if (!program) return undefined;
  const [udp, tcp] = [freePort(), freePort()];
  const file = join(dir, 'rsyslog.out');
  writeFileSync(file, '');
  writeFileSync(
    join(dir, 'rsyslog.conf'),
    `global(workDirectory="${dir}")
module(load="imudp")
module(load="imtcp")
template(name="line" type="string" string="%timereported:::date-rfc3339% %hostname% %syslogtag%%msg%\\n")
ruleset(name="all") { action(type="omfile" file="${file}" template="line" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="off" flushInterval="1") }
input(type="imudp" address="127.0.0.1" port="${udp}" ruleset="all" rcvbufSize="16m")
input(type="imtcp" address="127.0.0.1" port="${tcp}" ruleset="all")
`,
  );
  const modules = program.replace('/usr/sbin/rsyslogd', '/usr/lib/x86_64-linux-gnu/rsyslog');
  const options = ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'rsyslog.pid'), '-M', modules];
  const child = spawn(program, options, { stdio: 'inherit' });
  await sleep(1_500);
  return { name: 'rsyslog', process: child, udp, tcp, received: () => linesOf(file) };
}

export async function startSyslogNg(dir: string): Promise<Receiver | undefined> {
  const program = find('syslog-ng');
  if (!program) return undefined;
  const [udp, tcp] = [freePort(), freePort()];
  const file = join(dir, 'syslog-ng.out');
  writeFileSync(file, '');
  writeFileSync(
    join(dir, 'syslog-ng.conf'),
    `@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); };
source s {
  network(ip("127.0.0.1") port(${udp}) transport("udp") so-rcvbuf(16777216));
  network(ip("127.0.0.1") port(${tcp}) transport("tcp") log-iw-size(10000));
};
destination d { file("${file}" flush-lines(100) log-fifo-size(100000)); };
log { source(s); destination(d); flags(flow-control); };
`,
  );
  const state = ['pid', 'persist', 'ctl'].map((name) => join(dir, `syslog-ng.${name}`));
  const options = ['-F', '-f', join(dir, 'syslog-ng.conf'), '-p', state[0]!, '-R', state[1]!, '-c', state[2]!];
  const child = spawn(program, options, { stdio: 'inherit' });
  await sleep(1_500);
  return { name: 'syslog-ng', process: child, udp, tcp, received: () => linesOf(file) };
}
