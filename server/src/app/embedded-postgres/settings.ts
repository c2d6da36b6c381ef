/**
 * Settings of the embedded PostgreSQL: small in memory and quiet when idle, as durable as any. Left out on purpose:
 * fsync, full_page_writes and synchronous_commit, which keep their safe defaults.
 */
export function postgresSettings(port: number, connections: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(connections),
    // The operating system caches the files too; every connection that touches a page here counts it as its own memory.
    shared_buffers: '24MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    // Workers for asynchronous reads cost memory and bring nothing while the data fits in memory.
    io_method: 'sync',
    max_worker_processes: '4',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    // No replication from this server: the least WAL.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '512MB',
    min_wal_size: '64MB',
    wal_compression: 'pglz',
    checkpoint_timeout: '15min',
    autovacuum_max_workers: '2',
    autovacuum_naptime: '60s',
    bgwriter_delay: '1s',
    wal_writer_delay: '500ms',
    jit: 'off',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    // A statement may hold what an operator typed; the log is for the database's own troubles.
    log_min_error_statement: 'panic',
  };
}
