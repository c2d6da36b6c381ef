import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const RESOLUTION_MS = 100;
/** The delay of the event loop is told of the newest span that is at least this long. */
const SPAN_MS = 9_000;

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak_callbacks',
};

/** Most files that this process may have open, where the system tells. */
function openFilesMax(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** What every process tells of itself. */
export interface ProcessFigures {
  /** As in `ProcessReport`. */
  counters(): Promise<Record<string, number>>;
  stop(): void;
}

/** Begins to watch garbage collection and the event loop of this process. */
export function watchProcess(): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let spanBegan = performance.now();
  let told: Record<string, number> | undefined;
  /** What is held and not only waiting to be collected: of the heap in use, that goes up and down between collections. */
  let keptBytes: number | undefined;
  const gc = new Map(Object.values(KINDS).map((kind) => [kind, { seconds: 0, runs: 0 }]));
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind: number } };
      const of = gc.get(KINDS[detail?.kind ?? -1] ?? '');
      if (!of) continue;
      of.seconds += duration / 1_000;
      of.runs++;
      if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) keptBytes = getHeapStatistics().used_heap_size;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const startedAt = Math.round(performance.timeOrigin) / 1_000;
  const filesMax = openFilesMax();

  /** Seconds by which timers were late, beyond the time between two looks. */
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1_000;

  function eventLoop(): Record<string, number> {
    if (told && performance.now() - spanBegan < SPAN_MS) return told;
    told = {
      'event_loop_delay_seconds{quantile="0.5"}': late(delay.percentile(50)),
      'event_loop_delay_seconds{quantile="0.99"}': late(delay.percentile(99)),
      event_loop_delay_max_seconds: late(delay.max),
    };
    delay.reset();
    spanBegan = performance.now();
    return told;
  }

  return {
    async counters() {
      const cpu = process.cpuUsage();
      const memory = process.memoryUsage();
      const files = await readdir('/proc/self/fd').catch(() => undefined);
      const all: Record<string, number> = {
        process_pid: process.pid,
        process_start_time_seconds: startedAt,
        process_cpu_seconds_total: (cpu.user + cpu.system) / 1e6,
        process_resident_bytes: memory.rss,
        process_heap_bytes: memory.heapUsed,
        process_heap_size_bytes: memory.heapTotal,
        ...(keptBytes === undefined ? {} : { process_heap_kept_bytes: keptBytes }),
        process_external_bytes: memory.external,
        // Without the one that reading the directory took.
        ...(files === undefined ? {} : { process_open_fds: files.length - 1 }),
        ...(filesMax === undefined ? {} : { process_max_fds: filesMax }),
        ...eventLoop(),
      };
      for (const [kind, { seconds, runs }] of gc) {
        all[`gc_seconds_total{kind="${kind}"}`] = seconds;
        all[`gc_runs_total{kind="${kind}"}`] = runs;
      }
      return all;
    },
    stop() {
      observer.disconnect();
      delay.disable();
    },
  };
}
