import { z } from 'zod';
import { ERROR_CODES } from '@sotp/contract/errors.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { AppError } from '#platform/errors.ts';
import type { BatchCodec } from '#services/spool/spool.ts';
import type { Batch } from '#services/telemetry/spool.ts';

type Layout = Batch['rows'][number]['layout'];

/** A row without its values: device, slot, true instant, restarted, layout id, number of values. */
const RowHead = z.tuple([z.number(), z.number(), z.number(), z.boolean(), z.number(), z.number()]);
type RowHead = z.infer<typeof RowHead>;

const Run = z.object({
  deviceId: z.number(),
  collectors: z.array(z.object({ name: z.string(), intervalSeconds: z.number() })),
  run: z.object({
    name: z.string(),
    up: z.boolean(),
    at: z.number(),
    durationMs: z.number(),
    error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }).nullable(),
    credentialId: z.string().nullable(),
  }),
});

/** The part of a batch that is JSON. Facts were checked when they came in; the checksum vouches for them since. */
const Head = z.object({
  rows: z.array(RowHead),
  runs: z.array(Run),
  facts: z.array(
    z.object({
      deviceId: z.number(),
      at: z.number(),
      facts: z.custom<Partial<Inventory>>((value) => typeof value === 'object' && value !== null),
      partial: z.array(z.string()).optional(),
      onlyUptime: z.boolean().optional(),
    }),
  ),
  unleased: z.array(z.object({ partition: z.number(), term: z.number() })).optional(),
  trace: z.string().optional(),
});

/** How many values a batch holds. */
function valuesOf(batch: Batch): number {
  let values = 0;
  for (const row of batch.rows) values += row.values.length;
  return values;
}

/** How many samples of devices a batch holds: what is lost when it is dropped. */
export function samplesOf(batch: Batch): number {
  let samples = 0;
  for (const row of batch.rows) if (row.deviceId > 0) samples += row.values.length;
  return samples;
}

/** A batch as bytes: length of the JSON head, the head, then all values as float64, little endian. */
export function encodeBatch(batch: Batch, idOf: (layout: Layout) => number): Buffer {
  const rows = batch.rows.map(({ deviceId, at, polledAt, restarted, layout, values }): RowHead => {
    return [deviceId, at, polledAt, restarted, idOf(layout), values.length];
  });
  const { runs, facts, unleased, trace } = batch;
  const head = Buffer.from(
    JSON.stringify({ rows, runs, facts, ...(unleased && { unleased }), ...(trace && { trace }) }),
  );
  const out = Buffer.allocUnsafe(4 + head.length + 8 * valuesOf(batch));
  out.writeUInt32LE(head.length, 0);
  head.copy(out, 4);
  let at = 4 + head.length;
  for (const { values } of batch.rows) {
    for (const value of values) at = out.writeDoubleLE(value, at);
  }
  return out;
}

/** Throws `internal` when the bytes are not a batch, or name a layout that is not there. */
export function decodeBatch(bytes: Buffer, layoutOf: (id: number) => Layout | undefined): Batch {
  const headLength = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  const head = Head.parse(JSON.parse(bytes.toString('utf8', 4, 4 + headLength)));
  let at = 4 + headLength;
  const rows = head.rows.map(([deviceId, slot, polledAt, restarted, layoutId, length]) => {
    const layout = layoutOf(layoutId);
    if (!layout) throw new AppError('internal', 'A batch in the spool names series that are not there.');
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++, at += 8) values[i] = bytes.readDoubleLE(at);
    return { deviceId, at: slot, polledAt, restarted, layout, values };
  });
  const { runs, facts, unleased, trace } = head;
  return { rows, runs, facts, ...(unleased && { unleased }), ...(trace && { trace }) };
}

/** What polls gave, as the spool keeps it. */
export const sampleCodec: BatchCodec<Batch> = { count: samplesOf, encode: encodeBatch, decode: decodeBatch };
