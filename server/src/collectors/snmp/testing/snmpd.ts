import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMessage } from '#protocols/snmp/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';

const BINARIES = ['/usr/sbin/snmpd', '/usr/local/sbin/snmpd', '/opt/homebrew/sbin/snmpd'];

/** Where net-snmp's agent is, or undefined. */
export function findSnmpd(): string | undefined {
  return BINARIES.find((path) => {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  });
}

/** For `test(name, { skip: skipWithoutSnmpd }, …)`: the reason to skip, or false. */
export const skipWithoutSnmpd: string | false = findSnmpd()
  ? false
  : "net-snmp's snmpd is not installed (Debian: apt-get install snmpd)";

/** True where the loopback has IPv6; then the agent listens there as well, on the same port. */
export const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

export interface RunningSnmpd {
  readonly address: string;
  readonly port: number;
  /** Its own directory; engine boots and created users are kept there between restarts. */
  readonly directory: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface SnmpdOptions {
  /** Lines of snmpd.conf besides the community `public` (read) and `secret` (write). */
  readonly config?: string;
  /** Use this directory and port again: a restart of the same agent. */
  readonly restartOf?: RunningSnmpd;
  readonly args?: readonly string[];
  /** Its sysName; `test-agent` when left out. */
  readonly name?: string;
  /** Leaves sysLocation and sysContact to be set over SNMP: what the configuration says, nobody may write. */
  readonly writable?: boolean;
}

/** Starts a real agent on a free loopback port, as any user, and waits until it answers. Stop it in the test's end. */
export async function startSnmpd(options: SnmpdOptions = {}): Promise<RunningSnmpd> {
  const binary = findSnmpd();
  if (!binary) throw new Error('snmpd is not installed');
  const directory = options.restartOf?.directory ?? mkdtempSync(join(tmpdir(), 'sotp-snmpd-'));
  const port = options.restartOf?.port ?? (await freePort());
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'snmpd.conf');
  writeFileSync(
    config,
    `agentAddress udp:127.0.0.1:${port},tcp:127.0.0.1:${port}${hasIpv6 ? `,udp6:[::1]:${port},tcp6:[::1]:${port}` : ''}\n${hasIpv6 ? 'rocommunity6 public ::1\n' : ''}rocommunity public 127.0.0.1\nrwcommunity secret 127.0.0.1\nsysName ${options.name ?? 'test-agent'}\n${options.writable ? '' : 'sysLocation Rack 1\nsysContact ops@example.net\n'}${options.config ?? ''}\n`,
  );
  const child = spawn(
    binary,
    ['-f', '-Lo', '-C', '-c', config, '-p', join(directory, 'pid'), '-I', '-smux', ...(options.args ?? [])],
    {
      env: { ...process.env, SNMP_PERSISTENT_DIR: join(directory, 'persist'), SNMPCONFPATH: directory, MIBS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-4000)));
  }
  const exited = once(child, 'exit');
  const gone = exited.then(() => {
    throw new Error(`snmpd ended at once:\n${output}`);
  });
  gone.catch(() => undefined);
  await Promise.race([answers(port), gone]);
  return {
    address: '127.0.0.1',
    port,
    directory,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
      if (signal === 'SIGTERM') rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Below those that systems give to connections: one of these could have it whenever the agent is restarted. */
const PORTS = { first: 20_000, count: 12_000 };

/** A port that is free for datagrams and for connections, which the agent takes both. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = PORTS.first + randomInt(PORTS.count);
    const [socket, server] = [createSocket('udp4'), createServer()];
    try {
      const bound = [once(socket, 'listening'), once(server, 'listening')];
      socket.bind(port, '127.0.0.1');
      server.listen(port, '127.0.0.1');
      await Promise.all(bound);
      return port;
    } catch {
      // Somebody has it.
    } finally {
      socket.close();
      server.close();
    }
  }
  throw new Error('no free port was found for snmpd');
}

/** Asks until there is an answer. */
async function answers(port: number): Promise<void> {
  const varbinds = [{ oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.null, value: null }];
  const pdu = { type: PduType.get, requestId: 1, errorStatus: 0, errorIndex: 0, varbinds };
  const request = encodeMessage({ version: 1, community: 'public', pdu });
  const socket = createSocket('udp4');
  try {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    const timer = setInterval(() => socket.send(request, port, '127.0.0.1'), 50);
    await answered.finally(() => clearInterval(timer));
  } finally {
    socket.close();
  }
}
