import path from 'node:path';
import { toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { BatchCodec } from '#services/spool/spool.ts';
import { spoolFiles } from './append-file.ts';
import type { AppendFile, SpoolFiles } from './append-file.ts';
import { createLayoutWriter, readLayouts } from './layouts.ts';
import type { LayoutReader, LayoutWriter } from './layouts.ts';
import { encodeRecord } from './record.ts';
import type { SpoolRecord } from './record.ts';
import { adoptFiles, encodeHeader, markTime, newSegment, quarantine, readSegment, recoverSegments } from './segment.ts';
import type { Segment } from './segment.ts';

/** A batch that is written, or being written. */
export interface Written {
  readonly segment: Segment;
  readonly sequence: number;
  readonly items: number;
  readonly bytes: number;
}

export interface SegmentStoreDeps<B> {
  readonly dir: string;
  readonly codec: BatchCodec<B>;
  /** Directories of processes that there are no more; their files are taken over. */
  readonly adopt?: readonly string[];
  /** Names the sequences of this process; new with every process. */
  readonly source: string;
  readonly segmentBytes: number;
  readonly log: Log;
  /** Epoch ms; gives segments their order over processes. */
  readonly now: () => number;
  readonly files?: SpoolFiles | undefined;
}

/** When a file of layouts has grown to this, the next segment begins a new one. */
const LAYOUT_FILE_BYTES = 64 * 1024 * 1024;

/** Segments on disk: written at the newest, read at the oldest. */
export interface SegmentStore<B> {
  /** Oldest first; the last may still be written to. */
  readonly segments: readonly Segment[];
  recover(): Promise<void>;
  /** Takes the batch into the newest segment. `done` rejects when the disk does not take it. */
  append(batch: B): { written: Written; done: Promise<void> };
  /** The oldest undelivered batches of the oldest segment, as bytes. */
  read(segment: Segment): Promise<SpoolRecord[]>;
  decode(segment: Segment, record: SpoolRecord): Promise<B>;
  /** Gives back the memory that reading took. */
  forgetLayouts(): void;
  seal(): void;
  /** Forgets a segment: deletes it, or sets it aside when damaged. */
  remove(segment: Segment): void;
  sync(): Promise<void>;
  close(): Promise<void>;
  bytes(): number;
  readonly counters: { torn_bytes_total: number; corrupt_segments_total: number; corrupt_batches_total: number };
}

/** Runs what it is given one after the other. */
function createLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}

export function createSegmentStore<B>(deps: SegmentStoreDeps<B>): SegmentStore<B> {
  const { dir, codec, source, segmentBytes, log, now, files: disk = spoolFiles } = deps;
  const segments: Segment[] = [];
  const counters = { torn_bytes_total: 0, corrupt_segments_total: 0, corrupt_batches_total: 0 };
  const readers = new Map<string, Promise<LayoutReader>>();
  let layouts: { readonly name: string; readonly writer: LayoutWriter; file: AppendFile | undefined } | undefined;
  let sequence = 0;
  let files = 0;
  // Everything that touches the files goes one after the other; only syncing, which takes a disk's time, does not hold
  // up what is written meanwhile.
  const enqueue = createLine();
  const enqueueSync = createLine();
  let sealing: Promise<void> = Promise.resolve();

  /** Behind what was written so far, not before what is written next. */
  async function syncAfterWrites(work: () => Promise<void>): Promise<void> {
    await enqueue(async () => undefined);
    await enqueueSync(work);
  }

  function newLayouts() {
    const old = layouts;
    if (old) void syncAfterWrites(async () => old.file?.close()).catch(debugClosing);
    const name = `${source}-${++files}.layouts`;
    layouts = { name, writer: createLayoutWriter(), file: undefined };
    return layouts;
  }

  function active(): Segment {
    const last = segments.at(-1);
    if (last && !last.sealed) return last;
    const book = !layouts || layouts.writer.bytes > LAYOUT_FILE_BYTES ? newLayouts() : layouts;
    const order = String(Math.floor(now())).padStart(15, '0');
    const name = `${order}-${String(++files).padStart(9, '0')}-${source}.seg`;
    const segment = newSegment(dir, name, source, book.name);
    segments.push(segment);
    return segment;
  }

  async function write(segment: Segment, book: NonNullable<typeof layouts>, fresh: Buffer | undefined, record: Buffer) {
    if (fresh) {
      book.file ??= await disk.create(path.join(dir, book.name));
      await book.file.append(fresh);
    }
    if (!segment.file) {
      segment.file = await disk.create(segment.path);
      await segment.file.append(encodeHeader(segment.source, segment.layouts));
    }
    await segment.file.append(record);
  }

  const debugClosing = (error: unknown) => log.debug({ err: error }, 'a segment could not be closed');

  /** Takes no more; what was written is synced, and the files are closed that nobody writes to any more. */
  function retire(segment: Segment, book: typeof layouts): void {
    segment.sealed = true;
    sealing = syncAfterWrites(async () => {
      try {
        await book?.file?.sync();
        await segment.file?.sync();
      } finally {
        await segment.file?.close();
        segment.file = undefined;
        if (layouts !== book) await book?.file?.close();
      }
    }).catch(debugClosing);
  }

  function seal(): void {
    const last = segments.at(-1);
    if (last && !last.sealed) retire(last, layouts);
  }

  function remove(segment: Segment): void {
    const place = segments.indexOf(segment);
    if (place < 0) return;
    segments.splice(place, 1);
    segment.sealed = true;
    void enqueue(async () => {
      await segment.file?.close();
      segment.file = undefined;
      if (segment.damaged) await quarantine(segment.path);
      else await disk.remove(segment.path);
      await dropUnusedLayouts(segment.layouts);
    }).catch((error: unknown) => log.warn({ err: toAppError(error).message }, 'a spool file could not be removed'));
  }

  async function dropUnusedLayouts(name: string): Promise<void> {
    if (layouts?.name === name || segments.some((segment) => segment.layouts === name)) return;
    readers.delete(name);
    await disk.remove(path.join(dir, name));
  }

  return {
    segments,
    counters,
    async recover() {
      for (const orphan of deps.adopt ?? []) await adoptFiles(orphan, dir);
      const found = await recoverSegments(dir);
      segments.unshift(...found.segments);
      counters.torn_bytes_total += found.tornBytes;
      counters.corrupt_segments_total += found.corruptSegments;
      counters.corrupt_batches_total += found.corruptBatches;
    },
    append(batch) {
      const segment = active();
      const book = layouts ?? newLayouts();
      const items = codec.count(batch);
      const own = ++sequence;
      const payload = codec.encode(batch, book.writer.idOf);
      const record = encodeRecord({ sequence: own, items, payload });
      const fresh = book.writer.take();
      markTime(segment, own, now());
      segment.bytes += record.length;
      segment.records++;
      segment.items += items;
      const done = enqueue(async () => {
        await write(segment, book, fresh, record);
        segment.writtenRecords++;
        segment.writtenItems += items;
      });
      if (segment.bytes >= segmentBytes) seal();
      done.catch(() => {
        // What the disk did not take is not there to be read; nor may a half-written record be followed by another.
        segment.records--;
        segment.items -= items;
        if (own <= segment.doneSequence) {
          segment.doneRecords--;
          segment.doneItems -= items;
        }
        // New layouts may not have been written either: the next segment starts with a file of its own.
        if (layouts === book) layouts = undefined;
        if (!segment.sealed) retire(segment, book);
        if (segment.doneRecords >= segment.records) remove(segment);
      });
      return { written: { segment, sequence: own, items, bytes: record.length }, done };
    },
    read: (segment) =>
      enqueue(async () => {
        const { records, damaged } = await readSegment(segment);
        const whole = records.filter((record) => record.sequence > 0);
        const missing = segment.writtenRecords - segment.doneRecords - whole.length;
        if (damaged > 0 || missing > 0) {
          if (!segment.damaged) counters.corrupt_segments_total++;
          segment.damaged = true;
          segment.sealed = true;
          counters.corrupt_batches_total += Math.max(0, missing);
          const coming = segment.records - segment.writtenRecords;
          const comingItems = segment.items - segment.writtenItems;
          segment.writtenRecords = segment.doneRecords + whole.length;
          segment.writtenItems = segment.doneItems + whole.reduce((sum, record) => sum + record.items, 0);
          segment.records = segment.writtenRecords + coming;
          segment.items = segment.writtenItems + comingItems;
        }
        return whole;
      }),
    async decode(segment, record) {
      const name = segment.layouts;
      const load = () => {
        const reader = enqueue(() => readLayouts(path.join(dir, name)));
        readers.set(name, reader);
        return reader;
      };
      const reader = await (readers.get(name) ?? load());
      let layoutOf = reader.layoutOf;
      if (layouts?.name === name) {
        // The file of this process still grows: what was read of it may lack the newest layouts.
        const newest = layouts.writer.bytes > reader.bytes ? await load() : reader;
        layoutOf = (id) => reader.layoutOf(id) ?? newest.layoutOf(id);
      }
      return codec.decode(record.payload, layoutOf);
    },
    forgetLayouts: () => readers.clear(),
    seal,
    remove,
    sync: () =>
      syncAfterWrites(async () => {
        // Layouts first: a batch without its layout is none.
        await layouts?.file?.sync();
        await Promise.all(segments.map((segment) => segment.file?.sync()));
      }),
    async close() {
      seal();
      await sealing;
      await enqueue(async () => {
        const name = layouts?.name;
        await layouts?.file?.close();
        layouts = undefined;
        if (name) await dropUnusedLayouts(name);
      });
    },
    bytes: () => segments.reduce((sum, segment) => sum + segment.bytes, 0) + (layouts?.writer.bytes ?? 0),
  };
}
