// What each process takes over time, and whether it grows: memory, heap and open files of a whole tree of processes.
import { readdirSync } from 'node:fs';
import { tree } from '../processes.ts';

export interface Cost {
  cpuPercent: number;
  rssMb: number;
}

interface Reading {
  readonly atMs: number;
  readonly rssMiB: number;
  readonly fds: number;
  readonly heapMiB: number | undefined;
}

/** Growth by linear regression, a unit an hour; what a process was at the beginning and is at the end; files in the first and the last third. */
export interface Growth {
  readonly rssMiB: readonly [number, number];
  readonly rssMiBPerHour: number;
  readonly heapMiBPerHour: number | null;
  readonly fds: readonly [number, number];
  readonly readings: number;
}

const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

function slope(points: readonly (readonly [number, number])[]): number {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Files come and go (connections of a pool, segments of a spool): what they mostly are counts. */
const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));

function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}

/** CPU seconds and memory by kind of process: all of one name added up. */
export function cpuSeconds(roots: readonly number[]): Map<string, { cpu: number; rssMb: number }> {
  const all = new Map<string, { cpu: number; rssMb: number }>();
  for (const root of roots) {
    for (const { name, cpuSeconds: cpu, pssBytes } of tree(root).values()) {
      const kind = name.replace('sotp ', '');
      const sum = all.get(kind) ?? { cpu: 0, rssMb: 0 };
      all.set(kind, { cpu: sum.cpu + cpu, rssMb: sum.rssMb + pssBytes / 1e6 });
    }
  }
  return all;
}

/** What the kinds of process took since `before`, read at `sinceMs`, in percent of a core. */
export function percentOver(
  before: ReadonlyMap<string, { cpu: number }>,
  roots: readonly number[],
  sinceMs: number,
): Record<string, Cost> {
  const seconds = (performance.now() - sinceMs) / 1_000;
  return Object.fromEntries(
    [...cpuSeconds(roots)].map(([name, { cpu, rssMb }]) => [
      name,
      { cpuPercent: rounded(((cpu - (before.get(name)?.cpu ?? 0)) / seconds) * 100), rssMb: Math.round(rssMb) },
    ]),
  );
}

/** Watches the processes below `root` whose name fits; `heapOf` answers bytes of a process's heap where they are known. */
export function createGrowthWatch(root: number, names: RegExp, heapOf: () => Promise<ReadonlyMap<number, number>>) {
  const readings = new Map<number, { name: string; all: Reading[] }>();
  return {
    async read(): Promise<void> {
      const heaps = await heapOf();
      const atMs = performance.now();
      for (const [pid, { name, rssBytes }] of tree(root)) {
        if (!names.test(name)) continue;
        const known = readings.get(pid) ?? { name, all: [] };
        readings.set(pid, known);
        const heap = heaps.get(pid);
        const heapMiB = heap === undefined ? undefined : heap / MIB;
        known.all.push({ atMs, rssMiB: rssBytes / MIB, fds: openFiles(pid), heapMiB });
      }
    },
    growth(): Record<string, Growth> {
      const all: Record<string, Growth> = {};
      for (const [pid, { name, all: own }] of readings) {
        const [first, last] = [own[0], own.at(-1)];
        if (!first || !last || own.length < 3) continue;
        const third = Math.ceil(own.length / 3);
        const heaps = own.flatMap(({ atMs, heapMiB }) => (heapMiB === undefined ? [] : [[atMs, heapMiB] as const]));
        all[`${name} ${pid}`] = {
          rssMiB: [rounded(first.rssMiB), rounded(last.rssMiB)],
          rssMiBPerHour: rounded(slope(own.map(({ atMs, rssMiB }) => [atMs, rssMiB] as const)) * HOUR_MS),
          heapMiBPerHour: heaps.length < 3 ? null : rounded(slope(heaps) * HOUR_MS),
          fds: [middle(own.slice(0, third).map(({ fds }) => fds)), middle(own.slice(-third).map(({ fds }) => fds))],
          readings: own.length,
        };
      }
      return all;
    },
  };
}
