import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';

/** What a running PostgreSQL writes into its data directory about itself. */
export interface PostmasterFile {
  readonly pid: number;
  readonly directory: string;
  readonly port: number;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`; undefined when there is none or it is cut short. */
export function readPostmasterFile(directory: string): PostmasterFile | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, 'postmaster.pid'), 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, directory: lines[1] ?? '', port: Number(lines[3] ?? 0), ready: lines[7] === 'ready' };
}

/** An ended process keeps its number until its parent has looked at it; it holds nothing any more. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
  } catch {
    return false;
  }
}

/** True when a process of that id lives, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}

/**
 * Whether the process is a PostgreSQL that serves exactly this data directory. A number in a file is no proof: after a
 * reboot it may belong to anybody. The working directory of a postmaster is its data directory.
 */
export function isPostmasterOf(pid: number, directory: string): boolean {
  try {
    if (process.platform === 'linux') {
      const program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
      return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory);
    }
    const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout.includes('postgres') && stdout.includes(directory);
  } catch {
    return false;
  }
}

async function gone(pid: number, clock: Clock, withinMs: number): Promise<boolean> {
  const end = clock.monotonic() + withinMs;
  while (isAlive(pid)) {
    if (clock.monotonic() > end) return false;
    await clock.sleep(20);
  }
  return true;
}

/** Stops a PostgreSQL: fast shutdown, and after the grace an immediate one, which its next start recovers from. */
export async function stopPostmaster(pid: number, clock: Clock, graceMs: number): Promise<void> {
  process.kill(pid, 'SIGINT');
  if (await gone(pid, clock, graceMs)) return;
  process.kill(pid, 'SIGQUIT');
  await gone(pid, clock, 2_000);
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** The postmaster of a directory whose own file about it is damaged: the one such process whose parent is none. */
function searchPostmaster(directory: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const ours = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && isPostmasterOf(pid, directory));
  return ours.find((pid) => !ours.includes(parentOf(pid)));
}

/** What was found of an earlier run. */
export type Leftover = 'none' | 'stale file' | 'stopped';

/**
 * Clears what a killed run left: our own PostgreSQL is stopped (a fast shutdown, so nothing is lost), a file without
 * its process is removed, and a process that only happens to have the number is never touched.
 */
export async function clearLeftover(directory: string, clock: Clock): Promise<Leftover> {
  const path = join(directory, 'postmaster.pid');
  if (!existsSync(path)) return 'none';
  const pid = readPostmasterFile(directory)?.pid ?? searchPostmaster(directory);
  if (pid !== undefined && isAlive(pid) && isPostmasterOf(pid, directory)) {
    await stopPostmaster(pid, clock, 8_000);
    if (isAlive(pid)) {
      throw new AppError(
        'database_unavailable',
        `the database of an earlier run (pid ${pid}) does not stop: end it with "kill -QUIT ${pid}"`,
      );
    }
    return 'stopped';
  }
  rmSync(path, { force: true });
  return 'stale file';
}
