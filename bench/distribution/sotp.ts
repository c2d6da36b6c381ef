// Real SOTPs for the benches of this folder: machines of one fleet, and a client of their API.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, runSotp } from '../../server/src/app/testing/run-sotp.ts';
import type { RunningSotp } from '../../server/src/app/testing/run-sotp.ts';

export const PASSWORD = 'a-password-for-the-bench';

export interface MachineOptions {
  readonly name: string;
  /** Its data directory is made below. */
  readonly root: string;
  readonly databaseUrl?: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly by?: readonly string[];
  /** Text of the hub's key file. */
  readonly key?: string;
}

/** Starts a machine of the fleet. */
export function startMachine(options: MachineOptions): RunningSotp & { readonly dataDir: string } {
  const dataDir = join(options.root, options.name);
  mkdirSync(dataDir, { recursive: true });
  const env = {
    ...(options.databaseUrl === undefined ? {} : { SOTP_DATABASE_URL: options.databaseUrl }),
    ...(options.key === undefined ? {} : { SOTP_SECRET_KEY: options.key }),
    SOTP_MACHINE: options.name,
    SOTP_SYSLOG_UDP: '0',
    SOTP_SYSLOG_TCP: '0',
    SOTP_ADMIN_PASSWORD: PASSWORD,
    ...options.env,
  };
  const sotp = runSotp(['start', '--data-dir', dataDir, ...options.args], env, options.by);
  // Whatever becomes of the bench, what it started ends.
  const end = () => sotp.kill('SIGTERM');
  process.on('exit', end);
  void sotp.ended.then(() => process.off('exit', end));
  void sotp.ended.then(({ stdout, stderr }) => writeFileSync(join(dataDir, 'output'), stdout + stderr));
  return { ...sotp, dataDir };
}

/** The processes of a role below a supervisor. */
export function rolePids(supervisor: number, role: 'hub' | 'collector'): number[] {
  return childrenOf(supervisor)
    .filter(({ commandLine }) => commandLine.startsWith(`sotp ${role}`))
    .map(({ pid }) => pid);
}

export type Call = <T>(method: string, path: string, body?: unknown, tries?: number) => Promise<T>;

/** So often what is refused for want of time is asked again. */
const PATIENCE = 20;

/** A client that is signed in as admin. Throws on any answer that is an error. */
export async function signIn(address: string): Promise<Call> {
  let cookie = '';
  const call: Call = async <T>(method: string, path: string, body?: unknown, tries = 1): Promise<T> => {
    const response = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: { cookie, origin: address, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(300_000),
    });
    const text = await response.text();
    // A hub on a busy machine may say that it has more to do than it can.
    if (response.status === 503 && text.includes('"overloaded"') && tries < PATIENCE) {
      await sleep(500);
      return call(method, path, body, tries + 1);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return (text === '' ? null : JSON.parse(text)) as T;
  };
  for (let tries = 1; ; tries++) {
    try {
      await call('POST', '/auth/login', { username: 'admin', password: PASSWORD });
      return call;
    } catch (error) {
      if (tries === PATIENCE) throw error;
      await sleep(500);
    }
  }
}

/** The value below which the share `q` of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
