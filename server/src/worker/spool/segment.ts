import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { AppendFile } from './append-file.ts';
import { encodeRecord, scanRecords } from './record.ts';
import type { SpoolRecord } from './record.ts';

/** The first record of a segment says whose sequences it holds and where its layouts are. */
const Header = z.object({ source: z.string(), layouts: z.string() });

/** A file of batches, and how much of it is delivered. */
export interface Segment {
  readonly path: string;
  readonly source: string;
  /** Name of the file of its layouts, in the same directory. */
  readonly layouts: string;
  bytes: number;
  records: number;
  items: number;
  /** Of those, what the file holds by now: the newest may still be on their way to it. */
  writtenRecords: number;
  writtenItems: number;
  doneRecords: number;
  doneItems: number;
  /** Sequence of the last batch that is delivered. */
  doneSequence: number;
  /** Takes no more batches. */
  sealed: boolean;
  /** Set aside instead of deleted when done: some of it cannot be read. */
  damaged: boolean;
  file: AppendFile | undefined;
  /** When some of its batches were written, epoch ms, ascending: enough to tell the age of those that wait. */
  readonly marks: { readonly sequence: number; readonly at: number }[];
}

const MARK_EVERY_MS = 5_000;

/** Notes that a batch is written now. */
export function markTime(segment: Segment, sequence: number, at: number): void {
  const last = segment.marks.at(-1);
  if (!last || at - last.at >= MARK_EVERY_MS || at < last.at) segment.marks.push({ sequence, at });
}

/** How long the oldest undelivered batch of the segments has waited, give or take the time between marks; 0 when none waits. */
export function oldestSeconds(segments: readonly Segment[], now: number): number {
  const oldest = segments.find((one) => one.records > one.doneRecords);
  if (!oldest) return 0;
  const mark = oldest.marks.findLast(({ sequence }) => sequence <= oldest.doneSequence + 1) ?? oldest.marks[0];
  return mark === undefined ? 0 : Math.max(0, (now - mark.at) / 1_000);
}

export function encodeHeader(source: string, layouts: string): Buffer {
  return encodeRecord({ sequence: 0, items: 0, payload: Buffer.from(JSON.stringify({ source, layouts })) });
}

export function newSegment(dir: string, name: string, source: string, layouts: string): Segment {
  return {
    path: path.join(dir, name),
    source,
    layouts,
    bytes: 0,
    records: 0,
    items: 0,
    writtenRecords: 0,
    writtenItems: 0,
    doneRecords: 0,
    doneItems: 0,
    doneSequence: 0,
    sealed: false,
    damaged: false,
    file: undefined,
    marks: [],
  };
}

/** The batches of a segment that are not delivered yet, without those that cannot be read. */
export async function readSegment(segment: Segment): Promise<{ records: SpoolRecord[]; damaged: number }> {
  const scan = scanRecords(await readFile(segment.path));
  const records = scan.records.filter(({ sequence }) => sequence > segment.doneSequence);
  return { records, damaged: scan.damaged };
}

/** Moves a file to where nothing reads it, for people to look at. */
export async function quarantine(file: string): Promise<void> {
  const dir = path.join(path.dirname(file), 'corrupt');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await rename(file, path.join(dir, path.basename(file)));
}

/** What was found in the directory of an earlier process. */
export interface Recovered {
  readonly segments: Segment[];
  readonly tornBytes: number;
  readonly corruptSegments: number;
  readonly corruptBatches: number;
}

/** Moves the spool files of one directory into another; names are unique over all processes. */
export async function adoptFiles(from: string, into: string): Promise<void> {
  const names = await readdir(from).catch(() => []);
  await mkdir(into, { recursive: true, mode: 0o700 });
  // Layouts first: a segment without its layouts would look damaged.
  for (const ending of ['.layouts', '.seg']) {
    for (const name of names.filter((file) => file.endsWith(ending))) {
      await rename(path.join(from, name), path.join(into, name));
    }
  }
}

async function cut(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Takes stock of a directory after whatever happened to its last owner: torn tails are cut, what cannot be read at all
 * is set aside, empty files go. The segments come oldest first.
 */
export async function recoverSegments(dir: string): Promise<Recovered> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const names = (await readdir(dir)).toSorted();
  const segments: Segment[] = [];
  let tornBytes = 0;
  let corruptSegments = 0;
  let corruptBatches = 0;
  for (const name of names.filter((file) => file.endsWith('.seg'))) {
    const file = path.join(dir, name);
    const bytes = await readFile(file);
    const scan = scanRecords(bytes);
    const [first, ...records] = scan.records;
    const header = first?.sequence === 0 ? Header.safeParse(parseJson(first.payload)) : undefined;
    if (!header?.success) {
      if (scan.records.length > 0) {
        corruptSegments++;
        await quarantine(file);
      } else {
        tornBytes += bytes.length;
        await rm(file);
      }
      continue;
    }
    tornBytes += scan.tornBytes;
    if (scan.tornBytes > 0) await cut(file, scan.goodBytes);
    if (records.length === 0) {
      await rm(file);
      continue;
    }
    const segment = newSegment(dir, name, header.data.source, header.data.layouts);
    segment.sealed = true;
    // Its name begins with the time at which it was begun.
    const begun = Number.parseInt(name, 10);
    if (begun > 0) segment.marks.push({ sequence: 0, at: begun });
    segment.bytes = scan.goodBytes;
    segment.records = records.length;
    segment.items = records.reduce((sum, record) => sum + record.items, 0);
    segment.writtenRecords = segment.records;
    segment.writtenItems = segment.items;
    if (scan.damaged > 0) {
      corruptSegments++;
      segment.damaged = true;
      // Sequences of a segment follow each other; a hole is a batch that cannot be read.
      const span = (records.at(-1)?.sequence ?? 0) - (records[0]?.sequence ?? 0) + 1;
      corruptBatches += Math.max(0, span - records.length);
    }
    segments.push(segment);
  }
  const used = new Set(segments.map(({ layouts }) => layouts));
  for (const name of names.filter((file) => file.endsWith('.layouts') && !used.has(file))) {
    await rm(path.join(dir, name), { force: true });
  }
  return { segments, tornBytes, corruptSegments, corruptBatches };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
