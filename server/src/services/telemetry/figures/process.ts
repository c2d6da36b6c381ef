import type { Figures } from './figure.ts';

/** Of every process: hub, collector; the supervisor has those of its process, but neither stores nor a bus. */
export const processFigures: Figures = {
  process_start_time_seconds: { type: 'gauge', about: 'When the process began, in seconds since 1970' },
  process_pid: { type: 'gauge', about: 'Number of the process on its machine' },
  process_cpu_seconds_total: { type: 'counter', about: 'CPU time of the process' },
  process_resident_bytes: { type: 'gauge', about: 'Memory that the process holds' },
  process_heap_bytes: { type: 'gauge', about: 'JavaScript heap in use' },
  process_heap_size_bytes: { type: 'gauge', about: 'JavaScript heap reserved' },
  process_heap_kept_bytes: { type: 'gauge', about: 'JavaScript heap that the last full collection left' },
  process_external_bytes: { type: 'gauge', about: 'Memory of buffers outside the heap' },
  process_open_fds: { type: 'gauge', about: 'Open files and sockets' },
  process_max_fds: { type: 'gauge', about: 'Most files and sockets that may be open' },
  event_loop_delay_seconds: {
    type: 'summary',
    labels: '`quantile` 0.5, 0.99',
    about: 'How late timers of the process were within the last ten seconds',
  },
  event_loop_delay_max_seconds: { type: 'gauge', about: 'The latest timer of the last ten seconds' },
  gc_seconds_total: {
    type: 'counter',
    labels: '`kind` minor, major, incremental, weak_callbacks',
    about: 'Time spent collecting garbage',
  },
  gc_runs_total: { type: 'counter', labels: '`kind`', about: 'Collections of garbage' },
  database_connections: { type: 'gauge', labels: '`state` idle, busy', about: 'Open connections to the database' },
  database_pool_waiting: { type: 'gauge', about: 'Callers that wait for a connection now' },
  database_pool_wait_seconds: { type: 'histogram', about: 'How long callers waited for a connection' },
  store_operation_seconds: {
    type: 'histogram',
    labels: '`store` metrics, logs, devices; `operation` write, range, …',
    about: 'How long reading from and writing to a store took',
  },
  store_operation_failures_total: {
    type: 'counter',
    labels: '`store`, `operation`',
    about: 'Operations of a store that failed',
  },
  trace_spans_sent_total: { type: 'counter', about: 'Spans of traces that were sent' },
  trace_spans_dropped_total: {
    type: 'counter',
    labels: '`reason` export',
    about: 'Spans that could not be sent, because who collects them was away or refused them',
  },
  bus_dropped_total: {
    type: 'counter',
    labels: '`reason` unsent',
    about: 'News to other processes that could not be sent, because what carries them was away or too slow',
  },
};
