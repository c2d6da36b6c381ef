import type { Segment } from './segment.ts';

/** A batch in memory, on its way to the store. */
export interface Entry<B> {
  readonly batch: B;
  readonly source: string;
  readonly sequence: number;
  readonly items: number;
  readonly bytes: number;
  /** Undefined when the disk did not take it: then it lives in memory only. */
  segment: Segment | undefined;
  written: boolean;
}

/** What is kept in memory besides the disk, so that a store that keeps up is never read for. */
const RECENT_ITEMS = 200_000;
const RECENT_BYTES = 64 * 1024 * 1024;
/** A slow disk is given time, but not all the memory. */
const PATIENCE = 10;

/** The newest batches, in memory, the oldest first. */
export interface Waiting<B> {
  readonly length: number;
  readonly oldest: Entry<B> | undefined;
  has(entry: Entry<B>): boolean;
  push(entry: Entry<B>): void;
  shift(): Entry<B> | undefined;
  /** Forgets the oldest while there is too much; `keepUnsafe`: only those that are on disk. Answers what was on none. */
  trim(keepUnsafe: boolean): Entry<B>[];
  dropSegment(segment: Segment): void;
  /** How much of what may wait here waits and is not on disk. */
  unsafeLoad(): number;
}

export function createWaiting<B>(): Waiting<B> {
  let entries: Entry<B>[] = [];
  let items = 0;
  let bytes = 0;

  function add(entry: Entry<B>, sign: 1 | -1): void {
    items += sign * entry.items;
    bytes += sign * entry.bytes;
  }

  function shift(): Entry<B> | undefined {
    const entry = entries.shift();
    if (entry) add(entry, -1);
    return entry;
  }

  return {
    get length() {
      return entries.length;
    },
    get oldest() {
      return entries[0];
    },
    has: (entry) => entries.includes(entry),
    push(entry) {
      entries.push(entry);
      add(entry, 1);
    },
    shift,
    trim(keepUnsafe) {
      const lost: Entry<B>[] = [];
      for (;;) {
        const load = Math.max(items / RECENT_ITEMS, bytes / RECENT_BYTES);
        const oldest = entries[0];
        if (!oldest || load <= 1 || entries.length < 2) return lost;
        if (oldest.segment && !oldest.written && load < PATIENCE) return lost;
        if (keepUnsafe && !(oldest.segment && oldest.written)) return lost;
        shift();
        if (!oldest.segment) lost.push(oldest);
      }
    },
    dropSegment(segment) {
      entries = entries.filter((entry) => entry.segment !== segment);
      items = entries.reduce((sum, entry) => sum + entry.items, 0);
      bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    },
    unsafeLoad() {
      let [unsafeItems, unsafeBytes] = [0, 0];
      for (const entry of entries) {
        if (entry.segment && entry.written) continue;
        unsafeItems += entry.items;
        unsafeBytes += entry.bytes;
      }
      return Math.max(unsafeItems / RECENT_ITEMS, unsafeBytes / RECENT_BYTES);
    },
  };
}
