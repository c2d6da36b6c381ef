import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Batch, Deliver, Spool } from '#services/telemetry/spool.ts';
import { deliverPatiently } from './deliver.ts';
import type { SpoolRecord } from './record.ts';
import type { Segment } from './segment.ts';
import { createSegmentStore } from './store.ts';

export interface FileSpoolDeps {
  readonly dir: string;
  /** Directories of processes that there are no more; what they left is delivered by this one. */
  readonly adopt?: readonly string[];
  /** Names this process's sequences; new with every process. */
  readonly source: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes on disk at most; beyond that the oldest segment goes, and what it held is counted. */
  readonly maxBytes?: number;
  readonly segmentBytes?: number;
  /** How long an undelivered batch may wait until it is on the disk itself; 0: every batch at once. */
  readonly syncMs?: number;
}

const MAX_BYTES = 1024 ** 3;
const SEGMENT_BYTES = 8 * 1024 ** 2;
const SYNC_MS = 500;
/** A segment whose batches are all delivered is exchanged for a new one at this size. */
const IDLE_SEGMENT_BYTES = 1024 ** 2;
/** What is kept in memory besides the disk, so that a store that keeps up is never read for. */
const RECENT_SAMPLES = 200_000;
const STOP_MS = 1_000;

interface Entry {
  readonly batch: Batch;
  readonly source: string;
  readonly sequence: number;
  readonly samples: number;
  /** Undefined when the disk did not take it: then it lives in memory only. */
  segment: Segment | undefined;
  written: boolean;
}

/**
 * The durable spool. A batch is written to the newest segment the moment it comes, and delivered from memory as long as
 * the store keeps up, else from the oldest segment. A process that dies leaves its segments to the next one; the store
 * knows every batch by (source, sequence), so what was delivered and not yet forgotten is not stored twice.
 */
export function createFileSpool(deps: FileSpoolDeps): Spool {
  const { source, clock, log } = deps;
  const maxBytes = deps.maxBytes ?? MAX_BYTES;
  const segmentBytes = Math.min(deps.segmentBytes ?? SEGMENT_BYTES, Math.max(64 * 1024, Math.floor(maxBytes / 8)));
  const syncMs = deps.syncMs ?? SYNC_MS;
  const disk = createSegmentStore({ ...deps, segmentBytes, now: clock.now });
  const counters = {
    spool_batches_total: 0,
    spool_delivered_batches_total: 0,
    spool_replayed_batches_total: 0,
    spool_retries_total: 0,
    spool_disk_errors_total: 0,
    refused: 0,
    full: 0,
    unwritten: 0,
  };
  let recent: Entry[] = [];
  let recentSamples = 0;
  let inFlight: Entry | undefined;
  let reading: { readonly segment: Segment; readonly records: SpoolRecord[]; next: number } | undefined;
  let memoryOnly = 0;
  let struggling = false;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;
  let syncTimer: NodeJS.Timeout | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  const settled: (() => void)[] = [];

  const undelivered = () => disk.segments.reduce((sum, one) => sum + one.records - one.doneRecords, memoryOnly);
  /** Batches that are on disk and not in memory. */
  const onlyOnDisk = () => undelivered() - recent.length - (inFlight ? 1 : 0);

  /** What goes wrong here goes wrong again and again: it is told twice a minute. */
  function tell(what: string, facts: object): void {
    if (clock.monotonic() - toldAt < 30_000) return;
    toldAt = clock.monotonic();
    log.error({ dir: deps.dir, ...facts }, what);
  }

  function complain(error: unknown): void {
    counters.spool_disk_errors_total++;
    tell('the spool cannot write; batches wait in memory only', { err: toAppError(error).message });
  }

  function trimRecent(): void {
    while (recentSamples > RECENT_SAMPLES && recent.length > 1) {
      const oldest = recent[0];
      // A slow disk is given time, but not all the memory.
      if (!oldest || (oldest.segment && !oldest.written && recentSamples < 10 * RECENT_SAMPLES)) return;
      recent.shift();
      recentSamples -= oldest.samples;
      if (oldest.segment) continue;
      memoryOnly--;
      counters.unwritten += oldest.samples;
    }
  }

  /** Drops whole segments, the oldest first, until what is left fits. */
  function enforceCap(): void {
    while (disk.bytes() > maxBytes) {
      if (disk.segments.length < 2) disk.seal();
      const oldest = disk.segments[0];
      if (!oldest || !oldest.sealed || disk.segments.length < 2) return;
      const held = inFlight?.segment === oldest ? inFlight.samples : 0;
      tell('the spool is full: the oldest samples are dropped', { maxBytes });
      counters.full += oldest.samples - oldest.doneSamples - held;
      recent = recent.filter((entry) => entry.segment !== oldest);
      recentSamples = recent.reduce((sum, entry) => sum + entry.samples, 0);
      if (reading?.segment === oldest) reading = undefined;
      // The batch on its way lives on in memory: it may still arrive.
      if (inFlight?.segment === oldest) {
        inFlight.segment = undefined;
        memoryOnly++;
      }
      disk.remove(oldest);
    }
  }

  async function syncSoon(): Promise<void> {
    syncTimer = undefined;
    if (undelivered() > 0) await disk.sync().catch(complain);
  }

  /** The next batch to deliver; undefined when there is none. */
  async function next(): Promise<Entry | undefined> {
    while (onlyOnDisk() > 0) {
      const segment = disk.segments.find((one) => one.records > one.doneRecords);
      if (!segment) break;
      if (reading?.segment !== segment || reading.next >= reading.records.length) {
        const records = await disk.read(segment);
        if (records.length === 0) {
          finish(segment);
          continue;
        }
        reading = { segment, records, next: 0 };
      }
      const record = reading.records[reading.next];
      // What comes now is in memory.
      if (!record || (segment.source === source && record.sequence === recent[0]?.sequence)) break;
      reading.next++;
      // Delivered from memory since this was read.
      if (record.sequence <= segment.doneSequence) continue;
      const { sequence, samples } = record;
      try {
        const batch = await disk.decode(segment, record);
        // Dropped meanwhile, and counted.
        if (!disk.segments.includes(segment)) continue;
        counters.spool_replayed_batches_total++;
        return { batch, source: segment.source, sequence, samples, segment, written: true };
      } catch (error) {
        log.error({ err: toAppError(error).message }, 'a batch in the spool cannot be read');
        disk.counters.corrupt_batches_total++;
        segment.damaged = true;
        forget({ segment, sequence, samples });
      }
    }
    const entry = recent.shift();
    if (entry) recentSamples -= entry.samples;
    return entry;
  }

  function finish(segment: Segment): void {
    const idle = segment === disk.segments.at(-1) && !segment.sealed;
    if (idle && segment.bytes < IDLE_SEGMENT_BYTES) return;
    if (reading?.segment === segment) reading = undefined;
    disk.remove(segment);
  }

  /** It is delivered, or never will be. */
  function forget(entry: { segment: Segment | undefined; sequence: number; samples: number }): void {
    const { segment } = entry;
    if (!segment) {
      memoryOnly--;
      return;
    }
    segment.doneRecords++;
    segment.doneSamples += entry.samples;
    segment.doneSequence = Math.max(segment.doneSequence, entry.sequence);
    if (segment.doneRecords >= segment.records) finish(segment);
  }

  function note(trying: boolean): void {
    struggling = trying;
    if (trying) counters.spool_retries_total++;
  }

  async function run(deliver: Deliver): Promise<void> {
    while (!stopping.signal.aborted) {
      const entry = await next();
      if (!entry) {
        disk.forgetLayouts();
        if (undelivered() === 0) for (const resolve of settled.splice(0)) resolve();
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await (undelivered() === 0 ? woken : atMost(clock, 1_000, woken));
        continue;
      }
      inFlight = entry;
      const end = await deliverPatiently(deliver, entry, {
        clock,
        log,
        signal: stopping.signal,
        backlog: undelivered,
        note,
      });
      inFlight = undefined;
      // Given up for shutdown, and not forgotten: the next process finds it on disk.
      if (end === 'stopped') continue;
      if (end === 'refused') counters.refused += entry.samples;
      else counters.spool_delivered_batches_total++;
      forget(entry);
    }
  }

  return {
    get backlog() {
      return undelivered();
    },
    append(batch) {
      counters.spool_batches_total++;
      const { written, done } = disk.append(batch);
      const entry: Entry = { batch, source, ...written, written: false };
      recent.push(entry);
      recentSamples += entry.samples;
      const safe = done.then(
        async () => {
          entry.written = true;
          if (syncMs === 0) await disk.sync();
        },
        (error: unknown) => {
          complain(error);
          // It waits in memory then; unless it is through already.
          if (!recent.includes(entry) && inFlight !== entry) return;
          entry.segment = undefined;
          memoryOnly++;
        },
      );
      safe.catch(complain);
      if (syncMs > 0) syncTimer ??= setTimeout(() => void syncSoon(), syncMs);
      trimRecent();
      enforceCap();
      wake?.();
      return safe;
    },
    async flush() {
      await disk.sync().catch(complain);
    },
    async start(deliver) {
      stopping = new AbortController();
      await disk.recover().catch((cause: unknown) => {
        const why = toAppError(cause).message;
        throw new AppError('data_dir_unwritable', `The spool directory ${deps.dir} cannot be used: ${why}`, { cause });
      });
      if (disk.segments.length > 0) log.info({ batches: undelivered() }, 'batches of an earlier run are in the spool');
      running = run(deliver);
    },
    async stop() {
      const empty = undelivered() === 0 ? Promise.resolve() : new Promise<void>((resolve) => settled.push(resolve));
      if (!struggling) await atMost(clock, STOP_MS, empty);
      stopping.abort();
      wake?.();
      await atMost(clock, STOP_MS, running);
      clearTimeout(syncTimer);
      // Removing takes it out of the list.
      while (undelivered() === 0 && disk.segments[0]) disk.remove(disk.segments[0]);
      await disk.sync().catch(complain);
      await disk.close().catch(complain);
      if (undelivered() > 0) log.info({ batches: undelivered() }, 'batches stay in the spool for the next start');
    },
    counters() {
      const { refused, full, unwritten, ...plain } = counters;
      const { torn_bytes_total, corrupt_segments_total, corrupt_batches_total } = disk.counters;
      return {
        ...plain,
        spool_backlog_batches: undelivered(),
        spool_backlog_samples: disk.segments.reduce((sum, one) => sum + one.samples - one.doneSamples, 0),
        spool_bytes: disk.bytes(),
        spool_torn_bytes_total: torn_bytes_total,
        spool_corrupt_segments_total: corrupt_segments_total,
        spool_corrupt_batches_total: corrupt_batches_total,
        'samples_dropped_total{reason="store_refused"}': refused,
        'samples_dropped_total{reason="spool_full"}': full,
        'samples_dropped_total{reason="spool_disk"}': unwritten,
      };
    },
  };
}
