import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARIES = ['/usr/sbin/snmpd', '/usr/local/sbin/snmpd', '/opt/homebrew/sbin/snmpd'];

/** An SNMP v2c GetRequest of sysUpTime.0 with community `public` (RFC 3416), to see when the agent answers. */
const HELLO = Buffer.from('302602010104067075626c6963a019020101020100020100300e300c06082b060102010103000500', 'hex');

export interface TestedSnmpd {
  readonly port: number;
  stop(): Promise<void>;
}

/** A real net-snmp agent on a free loopback port, with community `public`; undefined where none is installed. */
export async function startSnmpd(): Promise<TestedSnmpd | undefined> {
  const binary = BINARIES.find((path) => existsSync(path));
  if (!binary) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'sotp-e2e-snmpd-'));
  const port = await freePort();
  const config = join(directory, 'snmpd.conf');
  writeFileSync(
    config,
    `agentAddress udp:127.0.0.1:${port}\nrocommunity public 127.0.0.1\nsysName e2e-agent\nsysLocation Rack 7\n`,
  );
  const child = spawn(binary, ['-f', '-Lo', '-C', '-c', config, '-p', join(directory, 'pid'), '-I', '-smux'], {
    env: { ...process.env, SNMP_PERSISTENT_DIR: join(directory, 'persist'), SNMPCONFPATH: directory, MIBS: '' },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await answers(port);
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

async function answers(port: number): Promise<void> {
  const socket = createSocket('udp4');
  const timer = setInterval(() => socket.send(HELLO, port, '127.0.0.1'), 100);
  try {
    await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  } finally {
    clearInterval(timer);
    socket.close();
  }
}
