import { readFile } from 'node:fs/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Batch } from '#services/telemetry/spool.ts';
import { encodeRecord, scanRecords } from './record.ts';

type Layout = Batch['rows'][number]['layout'];

const StoredLayout = z.object({
  series: z.array(
    z.object({
      metric: z.string(),
      labels: z.record(z.string(), z.string()),
      unit: z.string().nullable(),
      kind: z.enum(['gauge', 'counter', 'state']),
    }),
  ),
});

/**
 * Gives layouts numbers, so that a batch need not name five hundred series in every row. A layout that is new is
 * written beside the segments, before the batch that uses it.
 */
export interface LayoutWriter {
  idOf(layout: Layout): number;
  /** What new layouts must be written before what used them, since the last call; undefined when none. */
  take(): Buffer | undefined;
  /** Bytes handed out so far. */
  readonly bytes: number;
}

export function createLayoutWriter(): LayoutWriter {
  const ids = new WeakMap<Layout, number>();
  let pending: Buffer[] = [];
  let next = 1;
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    idOf(layout) {
      const known = ids.get(layout);
      if (known !== undefined) return known;
      const id = next++;
      ids.set(layout, id);
      const payload = deflateRawSync(JSON.stringify({ series: layout.series }), { level: 1 });
      const record = encodeRecord({ sequence: id, items: 0, payload });
      bytes += record.length;
      pending.push(record);
      return id;
    },
    take() {
      if (pending.length === 0) return undefined;
      const all = Buffer.concat(pending);
      pending = [];
      return all;
    },
  };
}

/** Layouts as a file has them; the same object for the same number, as long as it is remembered. */
export interface LayoutReader {
  /** Length of the file when it was read. */
  readonly bytes: number;
  layoutOf(id: number): Layout | undefined;
}

/** Reads a file of layouts; one that is not there, or damaged, lacks some. */
export async function readLayouts(path: string): Promise<LayoutReader> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const packed = new Map(scanRecords(bytes).records.map(({ sequence, payload }) => [sequence, payload]));
  const open = new LRUCache<number, Layout>({ max: 20_000 });
  return {
    bytes: bytes.length,
    layoutOf(id) {
      const known = open.get(id);
      if (known) return known;
      const payload = packed.get(id);
      if (!payload) return undefined;
      const layout = StoredLayout.parse(JSON.parse(inflateRawSync(payload).toString('utf8')));
      open.set(id, layout);
      return layout;
    },
  };
}
