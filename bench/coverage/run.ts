// How well SOTP knows devices: replays recordings over UDP on loopback, probes them all with what SOTP ships, has a
// scorer compare, and writes docs/coverage.md.
//   node bench/coverage/run.ts --recordings DIR --expected FILE --score score.mjs [--write]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { probeAll } from '../../server/src/app/cli/probe-run.ts';
import { enterpriseIn } from '../../server/src/collectors/snmp/knowledge/profiles/match.ts';
import { openLibrary } from '../../server/src/collectors/snmp/knowledge/profiles/library.ts';
import { coverageReport } from './report.ts';
import type { Score } from './report.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({
  options: {
    recordings: { type: 'string' },
    expected: { type: 'string' },
    score: { type: 'string' },
    listen: { type: 'string', default: '127.62.0.1' },
    port: { type: 'string', default: '21162' },
    write: { type: 'boolean' },
  },
});
const { recordings, expected, score: scorer } = values;
if (!recordings || !expected || !scorer) {
  console.error('usage: run.ts --recordings DIR --expected FILE --score score.mjs [--write]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'sotp-coverage-'));
const map = join(folder, 'map.tsv');
const got = join(folder, 'got.jsonl');
const port = Number(values.port);
const simulator = spawn(
  process.execPath,
  [
    join(root, 'server/bin/sotp.mjs'),
    'simulate',
    '--recordings',
    recordings,
    '--listen',
    values.listen,
    '--port',
    values.port,
    '--map',
    map,
  ],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
try {
  await new Promise<void>((resolve, reject) => {
    simulator.stderr.on('data', (chunk: Buffer) => chunk.includes('simulated agents') && resolve());
    simulator.once('exit', (status) => reject(new Error(`the simulator ended with ${status}`)));
  });
  const targets = readFileSync(map, 'utf8')
    .split('\n')
    .flatMap((line) => line.split('\t', 1)[0] || []);
  const cpu = process.cpuUsage();
  const from = performance.now();
  const lines: string[] = [];
  const slow: number[] = [];
  const sysObjectIds: (string | null)[] = [];
  await probeAll(
    targets,
    {
      port,
      secrets: [{ kind: 'snmp-v2c', secret: { community: 'public' } }],
      concurrency: 64,
      timeout: 2000,
      retries: 2,
      deadline: 60,
    },
    (result) => {
      lines.push(JSON.stringify(result));
      slow.push(performance.now() - from);
      sysObjectIds.push(result.system?.sysObjectId ?? null);
    },
  );
  const seconds = (performance.now() - from) / 1000;
  const used = process.cpuUsage(cpu);
  writeFileSync(got, `${lines.join('\n')}\n`);
  const scored = spawnSync(process.execPath, [scorer, '--expected', expected, '--got', got, '--map', map, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const score = JSON.parse(scored.stdout) as Score;
  const patterns = openLibrary()
    .all()
    .flatMap((profile) => profile.sysObjectIds);
  const report = coverageReport(score, {
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    matched:
      sysObjectIds.filter((oid) => oid !== null && enterpriseIn(oid) !== null && named(oid, patterns)).length /
      targets.length,
    patterns: patterns.length,
  });
  console.log(report);
  console.log(
    JSON.stringify({ bench: 'coverage', seconds, overall: score.overall.score, devices: score.devices.answered }),
  );
  if (values.write) writeFileSync(join(root, 'docs/coverage.md'), report);
} finally {
  simulator.removeAllListeners('exit');
  simulator.kill();
  rmSync(folder, { recursive: true, force: true });
}

function named(oid: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('.*') ? `${oid}.`.startsWith(pattern.slice(0, -1)) : pattern === oid,
  );
}
