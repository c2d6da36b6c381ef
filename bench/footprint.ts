// What SOTP costs while it watches the demo devices: memory and processor time of all its processes, database included.
// node bench/footprint.ts [--devices 25] [--seconds 60] [--settle 30]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tree } from './processes.ts';
import type { Sample } from './processes.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '25' },
    seconds: { type: 'string', default: '60' },
    settle: { type: 'string', default: '30' },
  },
});
interface Row {
  name: string;
  processes: number;
  rssMb: number;
  pssMb: number;
  cpuPercent: number;
}

function summarise(before: Map<number, Sample>, after: Map<number, Sample>, seconds: number): Row[] {
  const rows = new Map<string, Row>();
  for (const [pid, { name, rssBytes, pssBytes, cpuSeconds }] of after) {
    const row = rows.get(name) ?? { name, processes: 0, rssMb: 0, pssMb: 0, cpuPercent: 0 };
    rows.set(name, row);
    row.processes++;
    row.rssMb += rssBytes / 1e6;
    row.pssMb += pssBytes / 1e6;
    row.cpuPercent += ((cpuSeconds - (before.get(pid)?.cpuSeconds ?? 0)) / seconds) * 100;
  }
  const all = [...rows.values()];
  const sum = (key: 'processes' | 'rssMb' | 'pssMb' | 'cpuPercent') => all.reduce((total, row) => total + row[key], 0);
  const total = {
    name: 'all',
    processes: sum('processes'),
    rssMb: sum('rssMb'),
    pssMb: sum('pssMb'),
    cpuPercent: sum('cpuPercent'),
  };
  return [...all, total];
}

const dataDir = mkdtempSync(join(tmpdir(), 'sotp-footprint-'));
const main = new URL('../server/src/main.ts', import.meta.url).pathname;
// As `npm start` does: with a filled compile cache.
spawnSync(process.execPath, [new URL('../setup/warm.mjs', import.meta.url).pathname]);
const args = ['start', '--port', '0', '--data-dir', dataDir, '--demo', options.devices];
const child = spawn(process.execPath, ['--max-semi-space-size=2', main, ...args], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
const ended = new Promise((resolve) => child.once('exit', resolve));
try {
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('SOTP is ready')) resolve();
    });
    void ended.then(() => reject(new Error('SOTP ended before it was ready')));
  });
  const root = child.pid ?? 0;
  await sleep(Number(options.settle) * 1000);
  const began = performance.now();
  const before = tree(root);
  await sleep(Number(options.seconds) * 1000);
  const seconds = (performance.now() - began) / 1000;
  const rows = summarise(before, tree(root), seconds);
  console.log(`${options.devices} demo devices, every 10 s, over ${seconds.toFixed(0)} s`);
  console.log('process          count    RSS MB    PSS MB   CPU % of a core');
  for (const { name, processes, rssMb, pssMb, cpuPercent } of rows) {
    const figures = [rssMb.toFixed(0).padStart(10), pssMb.toFixed(0).padStart(10), cpuPercent.toFixed(2).padStart(12)];
    console.log(`${name.padEnd(16)}${String(processes).padStart(6)}${figures.join('')}`);
  }
  console.log(JSON.stringify({ bench: 'footprint', devices: Number(options.devices), seconds, rows }));
} finally {
  child.kill('SIGTERM');
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
}
