import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A real `sotp` in a process of its own. */
export interface RunningSotp {
  readonly pid: number;
  /** The address in the closing line of the start, empty without a hub; rejects when it ends before. */
  readonly ready: Promise<string>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs `sotp` with arguments, without any of this process's SOTP_ variables. */
export function runSotp(
  args: readonly string[],
  env: Record<string, string> = {},
  /** What runs it, as `nsenter`; it must replace itself by its command. */
  by: readonly string[] = [],
): RunningSotp {
  const since = performance.now();
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOTP_')));
  const [program = process.execPath, ...rest] = [...by, process.execPath, MAIN, ...args];
  const child = spawn(program, rest, {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: tmpdir(),
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr, ms: performance.now() - since }));
  });
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      const ready = /SOTP is ready(?: at (\S+)|, collecting)/.exec(stdout);
      if (ready) resolve(ready[1] ?? '');
    });
    void ended.then(() => reject(new Error(`sotp ended before it was ready: ${stdout}${stderr}`)));
  });
  ready.catch(() => undefined);
  return { pid: child.pid ?? 0, ready, ended, kill: (signal) => void child.kill(signal) };
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/** Every living process of this machine, zombies left out. Linux only, like the tests that use it. */
export function processes(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), commandLine }];
      } catch {
        return [];
      }
    });
}

/** The processes that a supervisor has started and that live. */
export function childrenOf(pid: number): ProcessInfo[] {
  return processes().filter((one) => one.parent === pid);
}

/** The number of the PostgreSQL of a data directory, by its own file. */
export function postmasterPid(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return undefined;
  }
}

/** Waits until something is so; throws after `withinMs`. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
}

/** The status of an answer; 0 when there is none. */
export async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** A port that is taken as long as `release` has not been called. */
export async function takenPort(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    release: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}

/** A directory that is gone after the test. */
export async function temporaryDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'sotp-app-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
