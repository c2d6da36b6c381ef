// Device polls and varbinds per CPU second of SOTP's SNMP collector beside the npm package net-snmp, interleaved, against
// the same simulated switches: `node bench/snmp/polls.ts [--devices 200] [--ports 48] [--seconds 24] [--bar 4] [--only 'npm net-snmp']`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import snmp from 'net-snmp';
import type { Session } from 'net-snmp';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Target } from '../../server/src/collectors/collector.ts';
import { createSnmpCollector } from '../../server/src/collectors/snmp/index.ts';
import { SnmpSettings } from '../../server/src/collectors/snmp/settings.ts';
import { openDgramTransport } from '../../server/src/collectors/snmp/transport/dgram.ts';
import type { SnmpTransport } from '../../server/src/collectors/snmp/transport/transport.ts';
import { openKoffiTransport } from '../../server/src/collectors/snmp/transport/koffi.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { COLUMNS, addressOf, v3Credential } from './device.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '200' },
    ports: { type: 'string', default: '48' },
    seconds: { type: 'string', default: '24' },
    bar: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});
const devices = Number(options.devices);
const ports = Number(options.ports);
const CONCURRENCY = 64;
const ROUND_MS = 1500;
const ROWS_PER_BULK = 4;
const port = 20_000 + Math.floor(Math.random() * 10_000);

interface Contender {
  readonly name: string;
  /** Polls one device and answers how many varbinds came. */
  poll(device: number): Promise<number>;
  polls: number;
  varbinds: number;
  cpuMicros: number;
  wallMs: number;
}

const responder = fork(new URL('./responder.ts', import.meta.url), [String(devices), String(ports), String(port)]);
await once(responder, 'message');
const addresses = Array.from({ length: devices }, (_, i) => addressOf(i));

const deps = { clock: systemClock, log: silentLog, random: Math.random };
const transports = [await openDgramTransport(deps), await openKoffiTransport(deps)];
const settings = SnmpSettings.parse({ port });
const v2c: CredentialSecret = { kind: 'snmp-v2c', secret: { community: 'public' } };
const endless = new AbortController().signal;

function pollOver(transport: SnmpTransport, value: CredentialSecret): Contender['poll'] {
  const collector = createSnmpCollector(transport, deps);
  const targets = addresses.map((address, deviceId): Target => {
    return { deviceId, address, credentials: [{ id: 'c', name: 'credential', value }] };
  });
  return async (device) => {
    const target = targets[device] as Target;
    const result = await collector.poll(target, settings, { signal: endless, budgetMs: 60_000, at: Date.now() });
    let count = 0;
    for (const { values } of result.samples) for (const value of values) count += value === value ? 1 : 0;
    return count;
  };
}

const sessions = addresses.map((address): Session => {
  const session = snmp.createSession(address, 'public', { port, version: snmp.Version2c, timeout: 2000, retries: 2 });
  session.on('error', () => undefined);
  return session;
});

async function pollTheirs(device: number): Promise<number> {
  const session = sessions[device] as Session;
  let count = 0;
  for (let row = 0; row < ports; row += ROWS_PER_BULK) {
    const oids = COLUMNS.map((column) => (row === 0 ? column : `${column}.${row}`));
    count += await new Promise<number>((resolve, reject) => {
      session.getBulk(oids, 0, ROWS_PER_BULK, (error, varbinds) =>
        error ? reject(error) : resolve(varbinds.reduce((sum, column) => sum + column.length, 0)),
      );
    });
  }
  return count;
}

async function round(contender: Contender, ms: number): Promise<void> {
  const end = performance.now() + ms;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const workers = Math.min(CONCURRENCY, devices);
  // Each worker has devices of its own, so that no device is ever asked twice at once.
  const worker = async (_: unknown, first: number): Promise<void> => {
    for (let device = first; performance.now() < end; device = device + workers < devices ? device + workers : first) {
      const varbinds = await contender.poll(device);
      contender.varbinds += varbinds;
      contender.polls += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  const used = process.cpuUsage(cpu);
  contender.cpuMicros += used.user + used.system;
  contender.wallMs += performance.now() - started;
}

function contender(name: string, poll: Contender['poll']): Contender {
  return { name, poll, polls: 0, varbinds: 0, cpuMicros: 0, wallMs: 0 };
}

const all = [
  ...transports.map((transport) => contender(`sotp v2c ${transport.kind}`, pollOver(transport, v2c))),
  ...transports.map((transport) => contender(`sotp v3 ${transport.kind}`, pollOver(transport, v3Credential))),
  contender('npm net-snmp', pollTheirs),
];
const contenders = all.filter((one) => options.only === undefined || one.name === options.only);
// Discovery, and a first warm-up of all.
for (const one of contenders) {
  for (let i = 0; i < devices; i += 16) {
    await Promise.all(Array.from({ length: Math.min(16, devices - i) }, (_, k) => one.poll(i + k)));
  }
  await round({ ...one }, 700);
}
const rounds = Math.max(2, Math.round((Number(options.seconds) * 1000) / ROUND_MS / contenders.length));
for (let i = 0; i < rounds; i += 1) for (const one of contenders) await round(one, ROUND_MS);

const perCpu = (one: Contender): number => Math.round(one.varbinds / (one.cpuMicros / 1e6));
const theirs = all.at(-1) as Contender;
const rows = contenders.map((one) => ({
  client: one.name,
  'polls / CPU s': Math.round(one.polls / (one.cpuMicros / 1e6)),
  'varbinds / CPU s': perCpu(one),
  'varbinds / poll': Math.round(one.varbinds / one.polls),
  'varbinds / s': Math.round(one.varbinds / (one.wallMs / 1000)),
  'times npm': options.only === undefined ? Math.round((10 * perCpu(one)) / perCpu(theirs)) / 10 : null,
}));
console.table(rows);
const best = Math.max(...contenders.map(perCpu));
const passed = options.only !== undefined || best >= Number(options.bar) * perCpu(theirs);
const faults = transports.map(({ kind, counters: { timedOut, retried, kernelDropped, dropped } }) => ({
  kind,
  timedOut,
  retried,
  kernelDropped,
  dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
}));
console.log(JSON.stringify({ bench: 'snmp/polls', devices, ports, rounds, results: rows, faults, passed }));
for (const session of sessions) session.close();
for (const transport of transports) await transport.close();
responder.disconnect();
process.exitCode = passed ? 0 : 1;
