import type { SampleColumns } from '#stores/metrics/aggregate.ts';
import type { StoredLayout } from './catalogue.ts';
import type { Polls } from './codec.ts';

/** Polls of one device under one layout in the order of time. */
export interface PollBlock {
  readonly layoutId: number;
  readonly length: number;
  readonly at: Float64Array;
  readonly polledAt: Float64Array;
  readonly restarted: Uint8Array;
  /** Writes the values at a position of the layout to `into`, from `offset` on; NaN where there is none. */
  read(position: number, into: Float64Array, offset: number): void;
}

/** Times and restarts of the polls that a set of layouts made: the same for all series that these layouts share. */
interface Times {
  readonly length: number;
  readonly at: Float64Array;
  readonly polledAt: Float64Array;
  readonly restarted: Uint8Array;
  /** Which block, and which poll of it, is behind each sample. */
  readonly pieces: readonly {
    readonly block: PollBlock;
    readonly row: number;
    readonly count: number;
    readonly to: number;
  }[];
}

/**
 * The series of one device out of its blocks. Blocks may overlap (an hour that is being rewritten is in both forms for
 * a moment) and a poll may be there twice: of two samples at one instant the later one stays. A restart seen by any
 * layout of the device breaks the counters of all. Values are written into an array that the next call uses again.
 */
export function createTimelines(
  blocks: readonly PollBlock[],
  layouts: readonly StoredLayout[],
): (seriesId: number) => SampleColumns {
  let values = new Float64Array(0);
  const restarts = restartInstants(blocks);
  const positions = layouts.map((layout) => new Map(layout.series.map((id, position) => [id, position])));
  const byLayouts = new Map<string, Times>();
  return (seriesId) => {
    const at = new Map<number, number>();
    for (const [i, layout] of layouts.entries()) {
      const position = positions[i]!.get(seriesId);
      if (position !== undefined) at.set(layout.id, position);
    }
    const key = [...at.keys()].join();
    let times = byLayouts.get(key);
    if (!times) {
      times = mergeTimes(
        blocks.filter((block) => at.has(block.layoutId) && block.length > 0),
        restarts,
      );
      byLayouts.set(key, times);
    }
    if (values.length < times.length) values = new Float64Array(times.length);
    for (const { block, row, count, to } of times.pieces) {
      const position = at.get(block.layoutId)!;
      if (count === block.length) block.read(position, values, to);
      else readPart(block, position, row, count, values, to);
    }
    return { length: times.length, at: times.at, polledAt: times.polledAt, restarted: times.restarted, values };
  };
}

function mergeTimes(blocks: readonly PollBlock[], restarts: readonly number[]): Times {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const at = new Float64Array(total);
  const polledAt = new Float64Array(total);
  const restarted = new Uint8Array(total);
  const pieces = inOrder(blocks);
  let n = 0;
  const placed = pieces.map(({ block, row, count }) => {
    // Of two polls at one instant the one that comes later overwrites the earlier one.
    if (n > 0 && block.at[row] === at[n - 1]) n--;
    const to = n;
    at.set(block.at.subarray(row, row + count), to);
    polledAt.set(block.polledAt.subarray(row, row + count), to);
    n += count;
    return { block, row, count, to };
  });
  let r = 0;
  for (let i = 0; i < n; i++) {
    // Restarts before the first sample break nothing: there is no earlier reading to be led astray by.
    while (r < restarts.length && restarts[r]! <= at[i]!) {
      restarted[i] = 1;
      r++;
    }
  }
  return {
    length: n,
    at: at.subarray(0, n),
    polledAt: polledAt.subarray(0, n),
    restarted: restarted.subarray(0, n),
    pieces: placed,
  };
}

function restartInstants(blocks: readonly PollBlock[]): number[] {
  const instants = new Set<number>();
  for (const block of blocks) {
    for (let i = 0; i < block.length; i++) if (block.restarted[i] === 1) instants.add(block.at[i]!);
  }
  return [...instants].toSorted((a, b) => a - b);
}

interface Piece {
  readonly block: PollBlock;
  readonly row: number;
  readonly count: number;
}

const isRising = (at: Float64Array) => at.every((instant, i) => i === 0 || instant > at[i - 1]!);

/** Whole blocks where they follow each other, single polls where they overlap or hold an instant twice. */
function inOrder(blocks: readonly PollBlock[]): readonly Piece[] {
  const sorted = blocks.toSorted((a, b) => a.at[0]! - b.at[0]!);
  const clean = sorted.every((block, i) => {
    const before = sorted[i - 1];
    return (before === undefined || block.at[0]! > before.at[before.length - 1]!) && isRising(block.at);
  });
  if (clean) return sorted.map((block) => ({ block, row: 0, count: block.length }));
  const polls = sorted.flatMap((block) => Array.from({ length: block.length }, (_, row) => ({ block, row, count: 1 })));
  return polls.toSorted(
    (a, b) => a.block.at[a.row]! - b.block.at[b.row]! || a.block.polledAt[a.row]! - b.block.polledAt[b.row]!,
  );
}

let whole = new Float64Array(1_024);

function readPart(
  block: PollBlock,
  position: number,
  row: number,
  count: number,
  into: Float64Array,
  offset: number,
): void {
  if (whole.length < block.length) whole = new Float64Array(block.length * 2);
  block.read(position, whole, 0);
  for (let i = 0; i < count; i++) into[offset + i] = whole[row + i]!;
}

/** Polls of one layout in the order of time, each instant once, whose columns are read when asked for. */
export interface MergedPolls extends Omit<Polls, 'data'> {
  read(position: number, into: Float64Array, offset: number): void;
}

export function joinPolls(blocks: readonly PollBlock[], width: number): MergedPolls {
  const times = mergeTimes(blocks, []);
  // A restart is the poll's own here; of two polls at one instant, either may have seen it.
  const marks = new Set(restartInstants(blocks));
  const restarted = Uint8Array.from(times.at, (instant) => (marks.has(instant) ? 1 : 0));
  return {
    at: times.at,
    polledAt: times.polledAt,
    restarted,
    width,
    read(position, into, offset) {
      for (const { block, row, count, to } of times.pieces) {
        if (count === block.length) block.read(position, into, offset + to);
        else readPart(block, position, row, count, into, offset + to);
      }
    },
  };
}

/** All of them at once, as columns; in `room`, where there is enough of it. */
export function mergePolls(blocks: readonly PollBlock[], width: number, room?: Float64Array): Polls {
  const { read, ...times } = joinPolls(blocks, width);
  const n = times.at.length;
  const data = room && room.length >= width * n ? room.subarray(0, width * n) : new Float64Array(width * n);
  for (let c = 0; c < width; c++) read(c, data, c * n);
  return { ...times, data };
}

/** Columns as a block again. */
export function blockOfPolls(layoutId: number, { at, polledAt, restarted, width, data }: Polls): PollBlock {
  const length = at.length;
  return {
    layoutId,
    length,
    at,
    polledAt,
    restarted,
    read(position, into, offset) {
      const from = position * length;
      for (let i = 0; i < length; i++) into[offset + i] = position < width ? data[from + i]! : Number.NaN;
    },
  };
}
