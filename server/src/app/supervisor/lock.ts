import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '#app/embedded-postgres/postmaster.ts';
import { AppError } from '#platform/errors.ts';

/** The instant at which a process started, as the kernel counts; tells a process from a later one of the same number. */
function startMark(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function holderOf(text: string): number | undefined {
  const [pid, mark] = text.trim().split(' ');
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0 || !isAlive(number)) return undefined;
  return mark === undefined || mark === '' || startMark(number) === mark ? number : undefined;
}

/** A data directory that is ours alone until `release`. */
export interface DataDirLock {
  release(): void;
}

/** Takes the data directory; throws when a living SOTP has it. What a killed one left is taken over. */
export function lockDataDir(dataDir: string): DataDirLock {
  const path = join(dataDir, 'supervisor.lock');
  const mine = `${path}.${process.pid}`;
  const text = `${process.pid} ${startMark(process.pid)}\n`;
  writeFileSync(mine, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // A link appears with its content or not at all, and never replaces another.
        linkSync(mine, path);
        return {
          release() {
            if (readFileSync(path, 'utf8') === text) unlinkSync(path);
          },
        };
      } catch (cause) {
        if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
      }
      const found = readFileSync(path, 'utf8');
      const holder = holderOf(found);
      if (holder !== undefined) {
        throw new AppError(
          'conflict',
          `SOTP already runs on ${dataDir} (pid ${holder}): stop it, or use another directory with --data-dir`,
        );
      }
      const stale = `${path}.stale.${process.pid}`;
      renameSync(path, stale);
      // Whoever was quicker may have put his lock where the stale one was: put it back.
      if (readFileSync(stale, 'utf8') !== found) renameSync(stale, path);
      else rmSync(stale, { force: true });
    }
    throw new AppError(
      'conflict',
      `another SOTP is starting on ${dataDir}: wait for it, or use another directory with --data-dir`,
    );
  } finally {
    rmSync(mine, { force: true });
  }
}
