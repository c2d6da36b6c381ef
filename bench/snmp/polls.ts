// Device polls and varbinds per CPU second of SOTP's SNMP collector beside its peers, each in a process of its own, one
// after the other, against the same simulated switches. Not in turns: who stands still between his rounds finds his memory
// gone out of the caches, and on some virtual machines out of the memory, which costs those most who use most of it.
// `node bench/snmp/polls.ts [--devices 1000] [--ports 48] [--security v2c,v3] [--rounds 15] [--only 'sotp koffi,C libnetsnmp epoll']`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startExporter } from './peers/exporter.ts';
import { startFloor } from './peers/floor.ts';
import { startLibnetsnmp } from './peers/libnetsnmp.ts';
import { startNodePeer } from './peers/peer.ts';
import type { Datagrams, Peer, Plan, Round } from './peers/peer.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000' },
    ports: { type: 'string', default: '48' },
    security: { type: 'string', default: 'v2c,v3' },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string' },
  },
});
const ROUND_MS = 300;
/** What a contender works before it is measured: until a compiler that learns while it runs has learned. */
const WARM_CPU_MICROS = 2_000_000;
const WARM_ROUNDS = 30;
const devices = Number(options.devices);
const ports = Number(options.ports);

/** How many times the varbinds per CPU second of a peer SOTP's plain transport is to give over v2c; batched, twice that. */
const BARS = [
  ['snmp_exporter', 6],
  ['npm net-snmp', 4],
  // As its manual and its examples have it. Past the library's own list of sessions (epoll) is told too, as no bar.
  ['C libnetsnmp select', 1.5],
] as const;

const starters: readonly [string, (plan: Plan) => Promise<Peer | null>][] = [
  ['sotp dgram', (plan) => startNodePeer('dgram', plan)],
  ['sotp koffi', (plan) => startNodePeer('koffi', plan)],
  ['npm net-snmp', (plan) => startNodePeer('npm', plan)],
  ['C libnetsnmp select', (plan) => startLibnetsnmp('select', plan)],
  ['C libnetsnmp epoll', (plan) => startLibnetsnmp('epoll', plan)],
  ['snmp_exporter', startExporter],
  ['the kernel alone', startFloor],
];

interface Result {
  readonly client: string;
  readonly security: Plan['security'];
  readonly perPoll: number;
  readonly perCpuSecond: number;
  readonly pollsPerCpuSecond: number;
  readonly perSecond: number;
  /** Of the rounds that count: those without a repeat. Null where the contender does not say. */
  readonly datagrams: (Datagrams & { readonly perDatagram: number; readonly refused: number }) | null;
}

async function measure(security: Plan['security']): Promise<Result[]> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const responder = fork(new URL('./responder.ts', import.meta.url), [devices, ports, port].map(String));
  await once(responder, 'message');
  const plan: Plan = { devices, ports, port, security };
  const only = options.only?.split(',');
  const results: Result[] = [];
  for (const [name, start] of starters) {
    const peer = only === undefined || only.includes(name) ? await start(plan) : null;
    if (!peer) continue;
    await warm(peer);
    const rounds: Round[] = [];
    while (rounds.length < Number(options.rounds)) rounds.push(await peer.round(ROUND_MS));
    peer.stop();
    results.push(summary(peer.name, security, rounds));
  }
  responder.disconnect();
  return results;
}

async function warm(peer: Peer): Promise<void> {
  let used = 0;
  for (let i = 0; i < WARM_ROUNDS && used < WARM_CPU_MICROS; i += 1) used += (await peer.round(ROUND_MS)).cpuMicros;
}

/** The middle one: a round that another program disturbed does not count more than any other. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** True for a round in which every datagram was answered in time: else the machine was measured, not the contender. */
function isCalm({ datagrams }: Round): boolean {
  return !datagrams || (datagrams.retried === 0 && datagrams.timedOut === 0);
}

function summary(client: string, security: Plan['security'], all: readonly Round[]): Result {
  const rounds = all.filter(isCalm);
  const sum = (pick: (round: Round) => number): number => rounds.reduce((total, round) => total + pick(round), 0);
  const polls = sum((round) => round.polls);
  const varbinds = sum((round) => round.varbinds);
  const sent = sum((round) => round.datagrams?.sent ?? 0);
  return {
    client,
    security,
    perPoll: Math.round(varbinds / polls),
    perCpuSecond: Math.round(median(rounds.map((round) => (1e6 * round.varbinds) / round.cpuMicros))),
    pollsPerCpuSecond: Math.round(median(rounds.map((round) => (1e6 * round.polls) / round.cpuMicros))),
    perSecond: Math.round(varbinds / (sum((round) => round.wallMicros) / 1e6)),
    datagrams: all.some(({ datagrams }) => datagrams)
      ? { sent, retried: 0, timedOut: 0, perDatagram: Math.round(varbinds / sent), refused: all.length - rounds.length }
      : null,
  };
}

const results: Result[] = [];
for (const security of options.security.split(',')) results.push(...(await measure(security === 'v3' ? 'v3' : 'v2c')));

const rate = (client: string, security: Plan['security']): number =>
  results.find((one) => one.client === client && one.security === security)?.perCpuSecond ?? Number.NaN;
const ratio = (a: number, b: number): number => Math.round((100 * a) / b) / 100;
const bars = [
  ...BARS.flatMap(([peer, times]) => [
    { what: `dgram / ${peer}, v2c`, is: ratio(rate('sotp dgram', 'v2c'), rate(peer, 'v2c')), bar: times },
    { what: `koffi / ${peer}, v2c`, is: ratio(rate('sotp koffi', 'v2c'), rate(peer, 'v2c')), bar: 2 * times },
  ]),
  ...['sotp dgram', 'sotp koffi'].map((client) => {
    return { what: `v3 / v2c, ${client}`, is: ratio(rate(client, 'v3'), rate(client, 'v2c')), bar: 0.33 };
  }),
].filter(({ is }) => !Number.isNaN(is));
console.table(
  results.map((one) => ({
    client: one.client,
    security: one.security,
    'varbinds / poll': one.perPoll,
    'polls / CPU s': one.pollsPerCpuSecond,
    'us / poll': Math.round(1e7 / one.pollsPerCpuSecond) / 10,
    'varbinds / CPU s': one.perCpuSecond,
    'varbinds / s': one.perSecond,
    'rounds refused': one.datagrams?.refused ?? 0,
  })),
);
console.table(bars);
const refused = results.some(({ datagrams }) => datagrams?.sent === 0);
if (refused) console.log('no figure for a contender whose every round had repeats: give the machine some rest');
const passed = !refused && bars.every(({ is, bar }) => is >= bar);
console.log(JSON.stringify({ bench: 'snmp/polls', devices, ports, results, bars, passed }));
process.exitCode = passed ? 0 : 1;
