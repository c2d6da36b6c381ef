import { readdirSync } from 'node:fs';
import path from 'node:path';

const NAME = /^collector-(\d+)$/;

/**
 * Where a collector process keeps its spool, and whose spools it takes over: when there are fewer collectors than there
 * were, the first one inherits from those that are gone.
 */
export function spoolDirectories(root: string, index: number, collectors: number): { dir: string; adopt: string[] } {
  const dir = path.join(root, `collector-${index}`);
  if (index !== 1) return { dir, adopt: [] };
  let names: string[] = [];
  try {
    names = readdirSync(root);
  } catch {
    // Nothing was ever spooled here.
  }
  const gone = names.filter((name) => Number(NAME.exec(name)?.[1] ?? 0) > collectors);
  return { dir, adopt: gone.map((name) => path.join(root, name)) };
}
