import type { Buckets } from '#stores/metrics/aggregate.ts';
import { COPY_HEADER, writeInstant } from '#stores/metrics/packed/row-copy.ts';

/** Field count, then length and value of layout and position (int4), at (int8) and value (float8). */
const SAMPLE_BYTES = 2 + 8 + 8 + 12 + 12;

/** The values of one series at the instants of its polls; NaN: no sample. */
export interface SeriesSamples {
  readonly layoutId: number;
  readonly position: number;
  /** Epoch ms. */
  readonly at: Float64Array;
  readonly data: Float64Array;
  /** Where the first value lies in `data`. */
  readonly offset: number;
}

/** `COPY metric_ts_sample FROM STDIN (FORMAT binary)`: layout, position, at, value, in the order given. Undefined when there is none. */
export function encodeSamples(all: readonly SeriesSamples[]): Buffer | undefined {
  const most = all.reduce((sum, { at }) => sum + at.length, 0);
  const buffer = Buffer.allocUnsafe(COPY_HEADER.length + most * SAMPLE_BYTES + 2);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  for (const { layoutId, position, at, data, offset } of all) {
    for (let i = 0; i < at.length; i++) {
      const value = data[offset + i]!;
      if (value !== value) continue;
      view.setInt16(o, 4);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, layoutId);
      view.setInt32(o + 10, 4);
      view.setInt32(o + 14, position);
      view.setInt32(o + 18, 8);
      writeInstant(view, o + 22, at[i]!);
      view.setInt32(o + 30, 8);
      view.setFloat64(o + 34, value);
      o += SAMPLE_BYTES;
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}

/** Five-minute spans of the series at a place. */
export interface PlaceSpans {
  readonly layoutId: number;
  readonly position: number;
  readonly spans: Buckets;
}

/** Field count, then layout, position, at, and seven numbers. */
const SPAN_BYTES = 2 + 8 + 8 + 12 + 7 * 12;

/**
 * `COPY metric_ts_rollup_5m FROM STDIN (FORMAT binary)`, in the order given: the spans in which something happened.
 * Undefined when there are none. The least, greatest and mean reading of a counter are those of one that grew evenly:
 * they are null.
 */
export function encodeSpans(all: readonly PlaceSpans[]): Buffer | undefined {
  const most = all.reduce((sum, { spans }) => sum + spans.length * SPAN_BYTES, COPY_HEADER.length + 2);
  const buffer = Buffer.allocUnsafe(most);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  const write = (value: number, isNull: boolean) => {
    view.setInt32(o, isNull ? -1 : 8);
    if (!isNull) view.setFloat64(o + 4, value);
    o += isNull ? 4 : 12;
  };
  for (const { layoutId, position, spans } of all) {
    const { counter, count, sum, min, max, last, increase, coveredMs } = spans;
    for (let i = 0; i < spans.length; i++) {
      const b = spans.offset + i;
      const isSilent = count[b] === 0;
      if (isSilent && coveredMs[b] === 0) continue;
      view.setInt16(o, 10);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, layoutId);
      view.setInt32(o + 10, 4);
      view.setInt32(o + 14, position);
      view.setInt32(o + 18, 8);
      writeInstant(view, o + 22, spans.from + i * spans.stepMs);
      o += 30;
      write(count[b]!, false);
      write(sum[b]!, counter || isSilent);
      write(min[b]!, counter || isSilent);
      write(max[b]!, counter || isSilent);
      write(last[b]!, isSilent);
      write(increase[b]!, false);
      write(coveredMs[b]!, false);
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}
