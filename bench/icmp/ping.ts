// Pings per CPU second, beside fping over the same hosts, one after the other: `node bench/icmp/ping.ts [hosts] [count] [rounds]`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSocketAddress } from '../../server/src/collectors/icmp/address.ts';
import { openIcmpSockets } from '../../server/src/collectors/icmp/koffi.ts';
import { createPinger } from '../../server/src/collectors/icmp/pinger.ts';
import { systemClock } from '../../server/src/platform/clock.ts';

const hosts = Number(process.argv[2] ?? 1000);
const count = Number(process.argv[3] ?? 50);
const rounds = Number(process.argv[4] ?? 3);
const SPACING_MS = 20;
const PAYLOAD = 56;

interface Run {
  readonly tool: string;
  readonly pings: number;
  readonly answered: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Round trip, median and 95th percentile in microseconds; fping tells only the mean. */
  readonly p50us: number | null;
  readonly p95us: number | null;
}

const addresses = Array.from({ length: hosts }, (_, i) => `127.91.${i >> 8}.${i & 255}`);
const targets = addresses.flatMap((address) => parseSocketAddress(address) ?? []);
const sockets = openIcmpSockets();
const pinger = createPinger(sockets, systemClock);

async function runSotp(): Promise<Run> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const plan = { count, spacingMs: SPACING_MS, timeoutMs: 500, payloadBytes: PAYLOAD };
  const outcomes = await Promise.all(targets.map((target) => pinger.ping(target, plan)));
  const used = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - from) / 1000;
  const answered = outcomes.flatMap(({ roundTripsMs }) => [...roundTripsMs].filter((rtt) => !Number.isNaN(rtt)));
  answered.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(1e4 * (answered[Math.floor(answered.length * share)] ?? 0)) / 10;
  return {
    tool: `sotp (${sockets.v4.kind})`,
    pings: hosts * count,
    answered: answered.length,
    cpuSeconds: (used.user + used.system) / 1e6,
    wallSeconds,
    p50us: at(0.5),
    p95us: at(0.95),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'sotp-bench-icmp-'));
const list = join(folder, 'hosts');
writeFileSync(list, addresses.join('\n'));

function runFping(): Run | null {
  const options = `-q -c ${count} -p ${SPACING_MS} -i 0 -t 500 -b ${PAYLOAD}`;
  const from = performance.now();
  const run = spawnSync('bash', ['-c', `fping ${options} -f "$0" 2>&1; times`, list], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const wallSeconds = (performance.now() - from) / 1000;
  const lines = run.stdout.trim().split('\n');
  // The last line is the time of the shell's children, user and system: 0m0.123s 0m0.456s.
  const cpuSeconds = (lines.at(-1)?.match(/[\d.]+m[\d.]+s/g) ?? [])
    .map((time) => time.slice(0, -1).split('m').map(Number))
    .reduce((sum, [minutes = 0, seconds = 0]) => sum + minutes * 60 + seconds, 0);
  const received = lines.flatMap((line) => /xmt\/rcv\/%loss = \d+\/(\d+)\//.exec(line)?.[1] ?? []);
  if (received.length === 0) return null;
  return {
    tool: 'fping',
    pings: hosts * count,
    answered: received.reduce((sum, number) => sum + Number(number), 0),
    cpuSeconds,
    wallSeconds,
    p50us: null,
    p95us: null,
  };
}

const runs: Run[] = [];
await runSotp(); // The first one is for the compiler.
for (let round = 0; round < rounds; round++) {
  runs.push(await runSotp());
  const fping = runFping();
  if (fping) runs.push(fping);
  else if (round === 0) console.error('fping is not installed (Debian package fping): no comparison');
}
pinger.close();
sockets.close();
rmSync(folder, { recursive: true });

console.table(
  runs.map((run) => ({
    tool: run.tool,
    'pings / CPU s': Math.round(run.pings / run.cpuSeconds),
    'wall s': Number(run.wallSeconds.toFixed(2)),
    lost: run.pings - run.answered,
    'RTT p50 us': run.p50us ?? '',
    'RTT p95 us': run.p95us ?? '',
  })),
);
const median = (tool: string): number | null => {
  const rates = runs.filter((run) => run.tool.startsWith(tool)).map((run) => run.pings / run.cpuSeconds);
  rates.sort((a, b) => a - b);
  const middle = rates[Math.floor(rates.length / 2)];
  return middle === undefined ? null : Math.round(middle);
};
console.log(
  JSON.stringify({
    bench: 'icmp',
    hosts,
    count,
    rounds,
    pingsPerCpuSecond: { sotp: median('sotp'), fping: median('fping') },
  }),
);
