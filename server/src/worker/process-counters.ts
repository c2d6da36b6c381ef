import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Adds what every process tells of itself: memory, CPU and how long its event loop was held up since the last asking. */
export function processCounters(own: () => Record<string, number>): () => Record<string, number> {
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  return () => {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const all = {
      ...own(),
      process_pid: process.pid,
      process_resident_bytes: memory.rss,
      js_heap_bytes: memory.heapUsed,
      process_cpu_seconds_total: (cpu.user + cpu.system) / 1e6,
      'event_loop_delay_ms{quantile="0.99"}': Math.max(0, delay.percentile(99) / 1e6 - 50),
      event_loop_delay_max_ms: Math.max(0, delay.max / 1e6 - 50),
    };
    delay.reset();
    return all;
  };
}
