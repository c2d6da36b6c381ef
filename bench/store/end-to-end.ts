// The whole way of samples: simulated agents, polls, spool, store, as `sotp start` runs them; what packing takes once an hour is in `compaction.ts`.
// node bench/store/end-to-end.ts [--devices 1000] [--ports 48] [--interval 6] [--seconds 100] [--settle 60]
// A thousand devices every 6 s are the samples of ten thousand a minute, read for the first time in a tenth of the time. It begins when all
// have been read, and `settle` seconds later. Prints one line of JSON; exits 1 when a poll was missed, or a sample took more than 2 us of all processes.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lagMs } from '../lag.ts';
import { tree } from '../processes.ts';

const { values: text } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000' },
    ports: { type: 'string', default: '48' },
    interval: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '100' },
    settle: { type: 'string', default: '60' },
    listen: { type: 'string', default: '127.25.0.1' },
    agents: { type: 'string', default: '25161' },
    port: { type: 'string', default: '25080' },
  },
});
const [devices, interval, seconds, settle] = [text.devices, text.interval, text.seconds, text.settle].map(Number) as [
  number,
  number,
  number,
  number,
];
const dataDir = mkdtempSync(path.join(tmpdir(), 'sotp-end-to-end-'));
const main = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
/** Values of a port. */
const COLUMNS = 11;
const MAX_US_PER_SAMPLE = 2;
const PASSWORD = 'bench-only-loopback';

function sotp(args: readonly string[], sign: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--max-semi-space-size=2', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SOTP_ADMIN_PASSWORD: PASSWORD },
  });
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (line: string) => line.includes(sign) && resolve(child));
    }
    child.once('exit', (code) => reject(new Error(`sotp ${args[0]} ended with ${code}`)));
  });
}

const agents = await sotp(
  [
    'simulate',
    '--devices',
    text.devices,
    '--ports',
    text.ports,
    '--plain',
    '--listen',
    text.listen,
    '--port',
    text.agents,
  ],
  'simulated agents',
);
const system = await sotp(['start', '--port', text.port, '--data-dir', dataDir], 'SOTP is ready');
const base = `http://127.0.0.1:${text.port}`;
let cookie = '';
async function call(method: string, route: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${base}/api/v1${route}`, {
    method,
    headers: { 'content-type': 'application/json', origin: base, cookie },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  cookie ||= response.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(`${method} ${route}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Counters of all processes, added up by their names; `{reason="x"}` stays. */
function countersOf(metrics: string): Map<string, number> {
  const all = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    const [, name, labels = '', value] = /^sotp_(\w+)\{([^}]*)\} (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const kept = labels.split(',').filter((label) => !/^(role|instance)=/.test(label));
    const key = kept.length > 0 ? `${name}{${kept.join()}}` : name;
    all.set(key, (all.get(key) ?? 0) + Number(value));
  }
  return all;
}

function addressOf(n: number): string {
  const [a = 0, b = 0, c = 0, d = 0] = text.listen.split('.').map(Number);
  const at = ((a * 256 + b) * 256 + c) * 256 + d + n;
  return [at >>> 24, (at >>> 16) & 255, (at >>> 8) & 255, at & 255].join('.');
}

let failed = true;
try {
  await call('POST', '/auth/login', { username: 'admin', password: PASSWORD });
  const credential = (await call('POST', '/credentials', {
    name: 'bench',
    kind: 'snmp-v2c',
    secret: { community: 'public' },
  })) as { id: string };
  for (let from = 0; from < devices; from += 500) {
    const some = Array.from({ length: Math.min(500, devices - from) }, (_, i) => ({
      address: addressOf(from + i),
      credentials: [credential.id],
      collectors: [{ name: 'snmp', intervalSeconds: interval, settings: { port: Number(text.agents) } }],
    }));
    await call('POST', '/devices/import', some);
  }
  const root = system.pid ?? 0;
  const metrics = async () => (await fetch(`${base}/metrics`)).text();
  const stored = async () => countersOf(await metrics()).get('samples_stored_total') ?? 0;
  // Until all have been read for the first time some are not polled, and their series are made. Processes tell every 10 s.
  const lookSeconds = Math.max(interval, 30);
  const whole = (devices * Number(text.ports) * COLUMNS * lookSeconds) / interval;
  for (let was = 0, is = 0; is - was < whole * 0.98; was = is, is = await stored()) await sleep(lookSeconds * 1_000);
  await sleep(settle * 1_000);
  const [metricsBefore, first, began] = [await metrics(), tree(root), performance.now()];
  await sleep(seconds * 1_000);
  const [metricsAfter, last] = [await metrics(), tree(root)];
  const [before, after] = [countersOf(metricsBefore), countersOf(metricsAfter)];
  const span = (performance.now() - began) / 1_000;

  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const cores: Record<string, number> = {};
  const rssMiB: Record<string, number[]> = {};
  for (const { name, cpuSeconds } of first.values()) cores[name] = (cores[name] ?? 0) - cpuSeconds / span;
  for (const [pid, { name, cpuSeconds, rssBytes }] of last) {
    cores[name] = (cores[name] ?? 0) + cpuSeconds / span;
    const [was = 0, is = 0] = rssMiB[name] ?? [];
    rssMiB[name] = [was + (first.get(pid)?.rssBytes ?? 0) / 2 ** 20, is + rssBytes / 2 ** 20];
  }
  const samples = grown('samples_stored_total');
  const skipped = [...after.keys()].filter((key) => key.startsWith('polls_skipped_total'));
  const missed =
    skipped.reduce((sum, key) => sum + grown(key), 0) +
    grown('polls_failed_total') +
    grown('scheduler_unserved_polls_total');
  const own = Object.values(cores).reduce((sum, one) => sum + one, 0);
  const round = (value: number, digits = 3) => Number(value.toFixed(digits));
  const report = {
    bench: 'store end to end',
    devices,
    ports: Number(text.ports),
    intervalSeconds: interval,
    seconds: round(span, 0),
    polls: grown('polls_total'),
    pollsDue: round((devices * span) / interval, 0),
    missed,
    samplesPerSecond: round(samples / span, 0),
    dropped: [...after.keys()]
      .filter((key) => key.startsWith('samples_dropped_total'))
      .reduce((sum, key) => sum + grown(key), 0),
    lagMs: lagMs(metricsBefore, metricsAfter),
    cores: Object.fromEntries(Object.entries(cores).map(([name, value]) => [name, round(value)])),
    usPerSample: round((own * span * 1e6) / samples),
    usPerSampleOf: Object.fromEntries(
      Object.entries(cores).map(([name, value]) => [name, round((value * span * 1e6) / samples)]),
    ),
    rssMiB: Object.fromEntries(
      Object.entries(rssMiB).map(([name, sizes]) => [name, sizes.map((one) => round(one, 0))]),
    ),
  };
  console.table(report.cores);
  console.log(JSON.stringify(report));
  failed = missed > 0 || report.usPerSample > MAX_US_PER_SAMPLE || report.polls < report.pollsDue * 0.99;
} finally {
  for (const child of [system, agents]) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
