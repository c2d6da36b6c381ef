import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** True when a version like "v24.1.0" runs SOTP. */
export function isNewEnough(version) {
  return Number(version.replace(/^v/, '').split('.')[0]) >= 24;
}

/** The Node that runs SOTP: this one when it is new enough, else the one among the dependencies; undefined when neither. */
export function findNode24() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(own) ? own : undefined;
}

/** Where compiled modules are kept between starts; TypeScript is stripped once, not at every start. */
export const compileCache = join(root, 'node_modules', '.cache', 'sotp');
