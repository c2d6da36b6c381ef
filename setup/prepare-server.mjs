import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, readStamp } from './hash.mjs';
import { compileCache, findNode24, root } from './node24.mjs';
import { seconds } from './progress.mjs';

const stampFile = join(compileCache, 'prepared');

/** Fills the compile cache unless it holds just these sources. A failure costs speed only, so it stops nothing. */
export function prepareServer(progress) {
  const wanted = hashOf(root, ['server/src', 'contract/src', 'simulator/src', 'package-lock.json'], [findNode24()]);
  if (readStamp(stampFile) === wanted && existsSync(compileCache)) return progress.done('up to date');
  const since = performance.now();
  progress.update(0);
  const { status } = spawnSync(findNode24(), [join(root, 'setup', 'warm.mjs')], { cwd: root, timeout: 60_000 });
  if (status !== 0) return progress.done('skipped; the start takes a little longer');
  mkdirSync(compileCache, { recursive: true });
  writeFileSync(stampFile, wanted);
  progress.done(`done in ${seconds(since)}`);
}
