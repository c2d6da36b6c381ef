import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What a running hub leaves in its data directory for commands on the same machine. */
const LocalAccess = z.object({ url: z.string(), token: z.string() });
export type LocalAccess = z.infer<typeof LocalAccess>;

const fileIn = (dataDir: string) => join(dataDir, 'cli.json');

/** Writes where the hub listens and a token for it, readable by the owner of the data directory only (0600). */
export function writeLocalAccess(dataDir: string, access: LocalAccess): void {
  const draft = `${fileIn(dataDir)}.new`;
  writeFileSync(draft, JSON.stringify(access), { mode: 0o600 });
  // A left-over draft keeps the mode it had.
  chmodSync(draft, 0o600);
  renameSync(draft, fileIn(dataDir));
}

/** Undefined when no hub has left anything there that this user may read. */
export function readLocalAccess(dataDir: string): LocalAccess | undefined {
  try {
    return LocalAccess.parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Called when the hub stops: what is left must not look like one that runs. */
export function removeLocalAccess(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}
