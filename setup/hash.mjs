import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SKIPPED = new Set(['node_modules', '.next', '.git']);

function* filesBelow(path) {
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (!SKIPPED.has(name) && !name.endsWith('.tsbuildinfo') && name !== 'next-env.d.ts')
      yield* filesBelow(join(path, name));
  }
}

/** One hash over the names and contents of files and folders, and over the given words. */
export function hashOf(root, paths, words = []) {
  const hash = createHash('sha256').update(words.join('\n'));
  for (const path of paths) {
    for (const file of filesBelow(join(root, path)))
      hash.update(`\0${file.slice(root.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** The text of a stamp file, or nothing. */
export function readStamp(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
