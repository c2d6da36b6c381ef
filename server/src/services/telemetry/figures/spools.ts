import type { Figures } from './figure.ts';

/** Of one spool; `items` is what it holds. */
function spool(prefix: string, items: string): Figures {
  return {
    [`${prefix}_backlog_batches`]: { type: 'gauge', about: 'Batches that are not in the store yet' },
    [`${prefix}_backlog_${items}`]: { type: 'gauge', about: `The ${items} in them, as far as they are on disk` },
    [`${prefix}_oldest_seconds`]: { type: 'gauge', about: 'How long the oldest of them has waited, to five seconds' },
    [`${prefix}_stalled_seconds`]: {
      type: 'gauge',
      about: 'For how long nothing was delivered although something waits',
    },
    [`${prefix}_load`]: { type: 'gauge', about: 'How full the spool is; 1 is full' },
    [`${prefix}_bytes`]: { type: 'gauge', about: 'Its size on disk' },
    [`${prefix}_max_bytes`]: { type: 'gauge', about: 'The size that it may have' },
    [`${prefix}_batches_total`]: { type: 'counter', about: 'Batches that it took' },
    [`${prefix}_delivered_batches_total`]: { type: 'counter', about: 'Batches that the store has taken' },
    [`${prefix}_replayed_batches_total`]: { type: 'counter', about: 'Batches that were read back from disk' },
    [`${prefix}_retries_total`]: { type: 'counter', about: 'Deliveries that failed and were tried again' },
    [`${prefix}_disk_errors_total`]: { type: 'counter', about: 'Times that the disk did not take something' },
    [`${prefix}_torn_bytes_total`]: { type: 'counter', about: 'Bytes that a crash had left half-written' },
    [`${prefix}_corrupt_segments_total`]: { type: 'counter', about: 'Files that could not be read in whole' },
    [`${prefix}_corrupt_batches_total`]: { type: 'counter', about: 'Batches that could not be read' },
  };
}

export const spoolFigures: Figures = {
  ...spool('spool', 'samples'),
  ...spool('log_spool', 'lines'),
  ...spool('trap_spool', 'lines'),
};
