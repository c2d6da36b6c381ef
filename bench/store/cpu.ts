import { readFileSync, readdirSync } from 'node:fs';
import type { Postgres } from '../../server/src/stores/postgres/postgres.ts';

const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat behind the name, which may hold blanks; undefined when the process is gone. */
function statOf(pid: number | string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const PPID = 1;
const UTIME = 11;

/** CPU seconds of a process and its children, those that have ended and were waited for too. */
export function familyCpu(parent: number | string): number {
  let ticks = 0;
  const own = statOf(parent);
  for (let i = 0; i < 4; i++) ticks += Number(own?.[UTIME + i] ?? 0);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(entry);
    if (stat?.[PPID] === String(parent)) ticks += Number(stat[UTIME]) + Number(stat[UTIME + 1]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of the whole PostgreSQL server that `pg` is connected to. */
export async function serverCpu(pg: Postgres): Promise<() => number> {
  const { rows } = await pg.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = statOf(rows[0]?.pid ?? 0)?.[PPID] ?? '0';
  return () => familyCpu(postmaster);
}

/** CPU seconds of this process. */
export function clientCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
