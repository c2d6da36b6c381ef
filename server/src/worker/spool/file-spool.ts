import { atMost } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Deliver, Spool } from '#services/spool/spool.ts';
import { createComplaint } from './complaint.ts';
import { deliverPatiently } from './deliver.ts';
import type { FileSpoolDeps } from './file-spool-deps.ts';
import { nameCounters, waiting } from './names.ts';
import type { SpoolRecord } from './record.ts';
import { oldestSeconds } from './segment.ts';
import type { Segment } from './segment.ts';
import { createSegmentStore } from './store.ts';
import { createSyncDeadline } from './sync-deadline.ts';
import { createTogether } from './together.ts';
import { createWaiting } from './waiting.ts';
import type { Entry } from './waiting.ts';

const MAX_BYTES = 1024 ** 3;
const SEGMENT_BYTES = 8 * 1024 ** 2;
/** Batches are of 250 ms: what was received is on the disk within half a second. */
const SYNC_MS = 150;
/** A segment whose batches are all delivered is exchanged for a new one at this size. */
const IDLE_SEGMENT_BYTES = 1024 ** 2;
const STOP_MS = 1_000;
/** With so many batches waiting they are delivered by several: what takes time is the disk of the store. */
const WAVE_BACKLOG = 8;

/**
 * The durable spool. A batch is written to the newest segment the moment it comes, and delivered from memory as long as
 * the store keeps up, else from the oldest segment. A process that dies leaves its segments to the next one; the store
 * knows every batch by (source, sequence), so what was delivered and not yet forgotten is not stored twice.
 */
export function createFileSpool<B>(deps: FileSpoolDeps<B>): Spool<B> {
  const { source, clock, log, names } = deps;
  const dropsOldest = deps.whenFull === 'drop_oldest';
  const maxBytes = deps.maxBytes ?? MAX_BYTES;
  const segmentBytes = Math.min(deps.segmentBytes ?? SEGMENT_BYTES, Math.max(64 * 1024, Math.floor(maxBytes / 8)));
  const syncMs = deps.syncMs ?? SYNC_MS;
  const disk = createSegmentStore({ ...deps, segmentBytes, now: clock.now });
  const disorder = createComplaint({ dir: deps.dir, clock, log, level: 'error' });
  const storeAway = createComplaint({ dir: deps.dir, clock, log, level: 'warn' });
  const counters = {
    batches_total: 0,
    delivered_batches_total: 0,
    replayed_batches_total: 0,
    retries_total: 0,
    disk_errors_total: 0,
  };
  const dropped = { store_refused: 0, spool_full: 0, spool_disk: 0 };
  const recent = createWaiting<B>();
  let inFlight: Entry<B>[] = [];
  const waveBatches = deps.waveBatches ?? 1;
  const together = deps.joining && createTogether(deps.joining, clock);
  let lastWrite: Promise<void> = Promise.resolve();
  let reading: { readonly segment: Segment; readonly records: SpoolRecord[]; next: number } | undefined;
  let memoryOnly = 0;
  let progressAt = clock.monotonic();
  let struggling = false;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;
  const deadline = createSyncDeadline({ clock, syncMs, sync: syncSoon });
  const settled: (() => void)[] = [];

  const undelivered = () => disk.segments.reduce((sum, one) => sum + one.records - one.doneRecords, memoryOnly);
  /** Batches that are on disk and not in memory. */
  const onlyOnDisk = () => undelivered() - recent.length - inFlight.length;

  function complain(error: unknown): void {
    counters.disk_errors_total++;
    disorder.tell('the spool cannot write; batches wait in memory only', { err: toAppError(error).message });
  }

  function trimRecent(): void {
    for (const entry of recent.trim(!dropsOldest)) {
      memoryOnly--;
      dropped.spool_disk += entry.items;
    }
  }

  /** Drops whole segments, the oldest first, until what is left fits. */
  function enforceCap(): void {
    while (disk.bytes() > maxBytes) {
      if (disk.segments.length < 2) disk.seal();
      const oldest = disk.segments[0];
      if (!oldest || !oldest.sealed || disk.segments.length < 2) return;
      const held = inFlight.filter((entry) => entry.segment === oldest);
      disorder.tell(`the spool is full: the oldest ${names.items} are dropped`, { maxBytes });
      dropped.spool_full += oldest.items - oldest.doneItems - held.reduce((sum, entry) => sum + entry.items, 0);
      recent.dropSegment(oldest);
      if (reading?.segment === oldest) reading = undefined;
      // Batches on their way live on in memory: they may still arrive.
      for (const entry of held) entry.segment = undefined;
      memoryOnly += held.length;
      disk.remove(oldest);
    }
  }

  async function syncSoon(): Promise<void> {
    if (undelivered() > 0) await disk.sync().catch(complain);
  }

  /** The next batch to deliver; undefined when there is none. */
  async function next(): Promise<Entry<B> | undefined> {
    while (onlyOnDisk() > 0) {
      const segment = disk.segments.find((one) => one.records > one.doneRecords);
      if (!segment) break;
      if (reading?.segment !== segment || reading.next >= reading.records.length) {
        // Those on their way would be read once more.
        if (inFlight.length > 0) return undefined;
        const records = await disk.read(segment);
        if (records.length === 0) {
          finish(segment);
          continue;
        }
        reading = { segment, records, next: 0 };
      }
      const record = reading.records[reading.next];
      // What comes now is in memory.
      if (!record || (segment.source === source && record.sequence === recent.oldest?.sequence)) break;
      reading.next++;
      // Delivered from memory since this was read.
      if (record.sequence <= segment.doneSequence) continue;
      const { sequence, items } = record;
      try {
        const batch = await disk.decode(segment, record);
        // Dropped meanwhile, and counted.
        if (!disk.segments.includes(segment)) continue;
        counters.replayed_batches_total++;
        return { batch, source: segment.source, sequence, items, bytes: record.payload.length, segment, written: true };
      } catch (error) {
        log.error({ err: toAppError(error).message }, 'a batch in the spool cannot be read');
        disk.counters.corrupt_batches_total++;
        segment.damaged = true;
        forget({ segment, sequence, items });
      }
    }
    return recent.shift();
  }

  function finish(segment: Segment): void {
    const idle = segment === disk.segments.at(-1) && !segment.sealed;
    if (idle && segment.bytes < IDLE_SEGMENT_BYTES) return;
    if (reading?.segment === segment) reading = undefined;
    disk.remove(segment);
  }

  /** It is delivered, or never will be. */
  function forget(entry: { segment: Segment | undefined; sequence: number; items: number }): void {
    const { segment } = entry;
    if (!segment) {
      memoryOnly--;
      return;
    }
    segment.doneRecords++;
    segment.doneItems += entry.items;
    segment.doneSequence = Math.max(segment.doneSequence, entry.sequence);
    if (segment.doneRecords >= segment.records) finish(segment);
  }

  function note(trying: boolean): void {
    struggling = trying;
    if (trying) counters.retries_total++;
  }

  const load = () => Math.max(disk.bytes() / maxBytes, recent.unsafeLoad());

  const keepsUp = () => !struggling && onlyOnDisk() <= 0;

  /** What is delivered next: one, those that are joined, or some at once. Empty when nothing waits. */
  async function take(): Promise<{ entries: Entry<B>[]; joined: boolean }> {
    if (together && keepsUp() && recent.length > 0) await together.due();
    const entry = await next();
    progressAt = clock.monotonic();
    if (!entry) return { entries: [], joined: false };
    inFlight = [entry];
    if (together && keepsUp()) inFlight = together.collect(entry, recent);
    if (inFlight.length > 1) return { entries: inFlight, joined: true };
    // A store that has just come back is asked with one batch first.
    while (!struggling && inFlight.length < waveBatches && undelivered() >= WAVE_BACKLOG) {
      const another = await next();
      if (!another) break;
      inFlight.push(another);
    }
    return { entries: inFlight, joined: false };
  }

  async function run(deliver: Deliver<B>): Promise<void> {
    while (!stopping.signal.aborted) {
      const { entries, joined } = await take();
      if (entries.length === 0) {
        // Came in between.
        if (recent.length > 0) continue;
        disk.forgetLayouts();
        if (undelivered() === 0) for (const resolve of settled.splice(0)) resolve();
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await (undelivered() === 0 ? woken : atMost(clock, 1_000, woken));
        continue;
      }
      const how = { clock, log, signal: stopping.signal, backlog: undelivered, note, storeAway };
      const each = (one: Entry<B>) => deliverPatiently(deliver, one, how);
      const ends: Awaited<ReturnType<typeof each>>[] = [];
      if (!joined) ends.push(...(await Promise.all(entries.map(each))));
      else if (await together?.deliver(entries, deliver)) ends.push(...entries.map(() => 'delivered' as const));
      else for (const one of entries) ends.push(await each(one));
      inFlight = [];
      for (const [i, one] of entries.entries()) {
        // Given up for shutdown, and not forgotten: the next process finds it on disk.
        if (ends[i] === 'stopped') continue;
        if (ends[i] === 'refused') dropped.store_refused += one.items;
        else counters.delivered_batches_total++;
        forget(one);
      }
    }
  }

  return {
    get backlog() {
      return undelivered();
    },
    append(batch) {
      counters.batches_total++;
      const { written, done } = disk.append(batch);
      const entry: Entry<B> = { batch, source, ...written, written: false };
      recent.push(entry);
      const safe = done.then(
        async () => {
          entry.written = true;
          if (syncMs === 0) await disk.sync();
        },
        (error: unknown) => {
          if (syncMs > 0) complain(error);
          // It waits in memory then; unless it is through already.
          if (!recent.has(entry) && !inFlight.includes(entry)) return;
          entry.segment = undefined;
          memoryOnly++;
          // Where every batch is to be on the disk, nobody may take this one for safe.
          if (syncMs === 0) throw error;
        },
      );
      safe.catch(complain);
      lastWrite = safe;
      if (syncMs > 0) deadline.appended(undelivered() > 1);
      trimRecent();
      if (dropsOldest) enforceCap();
      wake?.();
      return safe;
    },
    get load() {
      return load();
    },
    async sync() {
      await lastWrite.catch(() => undefined);
      const written = await disk.sync().then(
        () => memoryOnly === 0,
        () => false,
      );
      if (!written) throw new AppError('disk_full', `The spool ${deps.dir} cannot be written.`, { retryable: true });
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
      together?.hurry();
      const empty = undelivered() === 0 ? Promise.resolve() : new Promise<void>((resolve) => settled.push(resolve));
      if (!struggling) await atMost(clock, STOP_MS, empty);
      stopping.abort();
      wake?.();
      await atMost(clock, STOP_MS, running);
      deadline.stop();
      // Removing takes it out of the list.
      while (undelivered() === 0 && disk.segments[0]) disk.remove(disk.segments[0]);
      await disk.sync().catch(complain);
      await disk.close().catch(complain);
      if (undelivered() > 0) log.info({ batches: undelivered() }, 'batches stay in the spool for the next start');
    },
    counters() {
      const age = oldestSeconds(disk.segments, clock.now());
      const waits = waiting(undelivered(), clock.monotonic() - progressAt, age);
      const own = { ...counters, ...disk.counters, ...waits, load: load(), bytes: disk.bytes(), max_bytes: maxBytes };
      const items = disk.segments.reduce((sum, one) => sum + one.items - one.doneItems, 0);
      return nameCounters(names, own, items, dropped);
    },
  };
}
