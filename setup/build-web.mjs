import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, readStamp } from './hash.mjs';
import { findNode24, root } from './node24.mjs';
import { seconds, SetupError } from './progress.mjs';

const stampFile = join(root, 'web', '.next', 'sotp-built');

/** What `next build` prints on its way, and about how much of the work is then behind it. */
const MILESTONES = [
  [/Creating an optimized/, 0.05],
  [/Compiled/, 0.5],
  [/Running TypeScript|Checking validity|Linting/, 0.55],
  [/Finished TypeScript/, 0.75],
  [/Collecting page data/, 0.8],
  [/Generating static pages/, 0.9],
  [/Finalizing/, 0.95],
];

/** Builds the pages unless they were built from just these sources. */
export async function buildWeb(progress) {
  const wanted = hashOf(root, ['web', 'contract/src', 'package-lock.json', 'tsconfig.base.json']);
  if (readStamp(stampFile) === wanted) return progress.done('up to date');
  const since = performance.now();
  progress.update(0);
  rmSync(stampFile, { force: true });
  const child = spawn(findNode24(), [join(root, 'node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
    cwd: join(root, 'web'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-50_000);
      for (const [pattern, fraction] of MILESTONES) if (pattern.test(output)) progress.update(fraction);
    });
  }
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) {
    progress.failed();
    process.stderr.write(output);
    throw new SetupError('the web pages could not be built; the reason stands above');
  }
  writeFileSync(stampFile, wanted);
  progress.done(`built in ${seconds(since)}`);
}
