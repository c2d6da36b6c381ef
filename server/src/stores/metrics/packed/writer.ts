import { escapeLiteral } from 'pg';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { BatchOrigin, PollRow } from '#stores/metrics/metrics.ts';
import { isMissingPartition, isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Catalogue } from './catalogue.ts';
import {
  DAY_MS,
  HEAD,
  HOUR_MS,
  ensurePartitions,
  expirePartitions,
  listPartitions,
  partitionStart,
} from './partitions.ts';
import { encodeRows } from './row-copy.ts';

/** Rows dated further into the future come from a clock that is wrong. */
const MAX_AHEAD_MS = DAY_MS;

/** What was stored, and what was not kept, by reason; for `/metrics`. */
export interface WriteCounters {
  stored: number;
  droppedTooOld: number;
  droppedInFuture: number;
  /** About ports from before they were recognised under other labels, come too late to be understood. */
  droppedOutdated: number;
}

const COPY =
  'copy metric_head (device_id, layout_id, at, polled_at, restarted, whole, "values") from stdin (format binary)';

/** The note that batches are stored. A statement that is sent together with a COPY takes no parameters. */
function noteOf({ source, sequence, also = [] }: BatchOrigin): string {
  const rows = [...also, sequence].map((one) => `(${escapeLiteral(source)}, ${Math.trunc(one)})`);
  return `insert into metric_batch (source, sequence) values ${rows.join()}`;
}

/** Writes polls into the head, where they lie until their hour has closed: the same in front of every tail. */
export interface Writer {
  write(rows: readonly PollRow[], origin?: BatchOrigin): Promise<boolean>;
  /** Creates partitions ahead, and drops what is too old. */
  maintain(now: number): Promise<void>;
  counters(): WriteCounters;
}

export interface WriterDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalogue: Catalogue;
  /** How long single polls are kept. */
  readonly rawMs: number;
  /** Hears when it may have opened hours. */
  readonly opened: () => void;
}

export function createWriter({ pg, clock, log, catalogue, rawMs, opened }: WriterDeps): Writer {
  const counters: WriteCounters = { stored: 0, droppedTooOld: 0, droppedInFuture: 0, droppedOutdated: 0 };
  let hours = new Set<number>();

  async function needHours(wanted: ReadonlySet<number>): Promise<void> {
    const missing = [...wanted].filter((hour) => !hours.has(hour));
    if (missing.length === 0) return;
    await ensurePartitions(pg, HEAD, missing);
    for (const hour of missing) hours.add(hour);
    opened();
  }

  /** Without what retention would drop at once, and what a wrong clock dated. */
  function keepable(rows: readonly PollRow[]): readonly PollRow[] {
    const now = clock.now();
    const [oldest, newest] = [now - rawMs, now + MAX_AHEAD_MS];
    if (rows.every((row) => row.at >= oldest && row.at <= newest)) return rows;
    const kept = rows.filter((row) => row.at >= oldest && row.at <= newest);
    const tooOld = rows.filter((row) => row.at < oldest).length;
    counters.droppedTooOld += tooOld;
    counters.droppedInFuture += rows.length - kept.length - tooOld;
    log.warn(
      { tooOld, inFuture: rows.length - kept.length - tooOld },
      'polls outside of the time that is kept were dropped',
    );
    return kept;
  }

  /** False when the batch, or of joined ones any, is stored already. Sent together, so that it is all in the store, or nothing, after one answer. */
  async function store(
    rows: readonly PollRow[],
    data: Buffer | null,
    origin: BatchOrigin | undefined,
  ): Promise<boolean> {
    const note = origin ? noteOf(origin) : undefined;
    try {
      if (data) await pg.copyIn(note ? `${note}; ${COPY}` : COPY, data);
      else if (note) await pg.query(note);
    } catch (error) {
      if (isUniqueViolation(error, 'metric_batch_pkey')) return false;
      throw error;
    }
    if (data) counters.stored += rows.length;
    return true;
  }

  async function write(all: readonly PollRow[], origin?: BatchOrigin): Promise<boolean> {
    const rows = keepable(all);
    for (const row of rows) {
      if (row.values.length === row.layout.series.length) continue;
      throw new AppError('validation_failed', `A poll of device ${row.deviceId} has not one value a series.`);
    }
    if (rows.length === 0) return store(rows, null, origin);
    const layouts = await catalogue.resolve(rows);
    const readable = layouts.every((id) => id > 0) ? rows : rows.filter((_, i) => (layouts[i] ?? 0) > 0);
    counters.droppedOutdated += rows.length - readable.length;
    if (readable.length === 0) return store(readable, null, origin);
    const data = encodeRows(
      readable,
      layouts.filter((id) => id > 0),
    );
    const wanted = new Set(readable.map((row) => partitionStart(HEAD, row.at)));
    await needHours(wanted);
    try {
      return await store(readable, data, origin);
    } catch (error) {
      // The compactor of another process may have closed and dropped an hour that we know: late rows open it again.
      if (!isMissingPartition(error)) throw error;
      hours = new Set();
      await needHours(wanted);
      return store(readable, data, origin);
    }
  }

  return {
    write,
    async maintain(now) {
      const present = await listPartitions(pg, HEAD);
      const ahead = [0, 1, 2, 3].map((n) => partitionStart(HEAD, now) + n * HOUR_MS);
      if (ahead.some((hour) => !present.includes(hour))) await ensurePartitions(pg, HEAD, ahead);
      hours = new Set([...present, ...ahead]);
      for (const hour of await expirePartitions(pg, HEAD, now - rawMs)) hours.delete(hour);
      // Needed only for what a spool delivers again after its process was killed between commit and forgetting: its next
      // start. Four a second make a million rows in three days; more would cost as much disk as the samples.
      await pg.query(`delete from metric_batch where stored_at < now() - interval '3 days'`);
    },
    counters: () => ({ ...counters }),
  };
}
