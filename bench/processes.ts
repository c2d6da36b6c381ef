import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** What a process takes. */
export interface Sample {
  readonly name: string;
  readonly rssBytes: number;
  /** Memory shared with others counted in equal parts: adds up to what is really taken. */
  readonly pssBytes: number;
  readonly cpuSeconds: number;
}

function fieldsOf(pid: number): { parent: number; cpuSeconds: number; endedSeconds: number; rssBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (a: number, b: number) => (Number(fields[a]) + Number(fields[b])) / TICKS_PER_SECOND;
  const rssBytes = Number(fields[21]) * PAGE_BYTES;
  return { parent: Number(fields[1]), cpuSeconds: seconds(11, 12), endedSeconds: seconds(13, 14), rssBytes };
}

function pssOf(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kib ?? 0) * 1024;
}

function nameOf(pid: number): string {
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return (
    /^(sotp \w+|simulated switches)/.exec(line)?.[1] ??
    (line.includes('postgres') ? 'postgres' : (line.split(' ')[0] ?? '?'))
  );
}

/** Every process of the tree below `root`, by its number. */
export function tree(root: number): Map<number, Sample> {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      parents.set(Number(entry), fieldsOf(Number(entry)).parent);
    } catch {
      // It has ended since the directory was read.
    }
  }
  const samples = new Map<number, Sample>();
  for (const pid of parents.keys()) {
    let ancestor: number | undefined = pid;
    while (ancestor !== undefined && ancestor !== root) ancestor = parents.get(ancestor);
    if (ancestor !== root) continue;
    try {
      const { cpuSeconds: own, endedSeconds, rssBytes } = fieldsOf(pid);
      const name = nameOf(pid);
      // Backends of PostgreSQL come and go: what ended ones took stands with the postmaster.
      const cpuSeconds = name === 'postgres' ? own + endedSeconds : own;
      samples.set(pid, { name, rssBytes, pssBytes: pssOf(pid), cpuSeconds });
    } catch {
      // As above.
    }
  }
  return samples;
}
