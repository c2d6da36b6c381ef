import type { SampleColumns } from '#stores/metrics/aggregate.ts';
import type { StoredLayout } from './catalogue.ts';

/** Polls of one device under one layout in the order of time; `value` reads one cell. */
export interface PollBlock {
  readonly layoutId: number;
  readonly length: number;
  readonly at: Float64Array;
  readonly polledAt: Float64Array;
  readonly restarted: Uint8Array;
  /** The value at a position of the layout in poll `row`; NaN when there is none. */
  column(position: number): Float64Array;
}

/**
 * One series out of the blocks of its device. Blocks may overlap (an hour that is being rewritten is in both forms for
 * a moment) and a poll may be there twice: of two samples at one instant the later one stays. A restart seen by any
 * layout of the device breaks the counters of all.
 */
export function seriesTimeline(
  blocks: readonly PollBlock[],
  layouts: readonly StoredLayout[],
  seriesId: number,
): SampleColumns {
  const positions = new Map<number, number>();
  for (const layout of layouts) {
    const position = layout.series.indexOf(seriesId);
    if (position >= 0) positions.set(layout.id, position);
  }
  const own = blocks.filter((block) => positions.has(block.layoutId) && block.length > 0);
  const restarts = restartInstants(blocks);
  const total = own.reduce((sum, block) => sum + block.length, 0);
  const at = new Float64Array(total);
  const polledAt = new Float64Array(total);
  const values = new Float64Array(total);
  const restarted = new Uint8Array(total);
  let n = 0;
  let r = 0;
  for (const block of inOrder(own)) {
    const column = block.column(positions.get(block.layoutId) ?? 0);
    for (let i = 0; i < block.length; i++) {
      const instant = block.at[i]!;
      if (n > 0 && instant < at[n - 1]!) continue;
      const again = n > 0 && instant === at[n - 1];
      const slot = again ? n - 1 : n++;
      at[slot] = instant;
      polledAt[slot] = block.polledAt[i]!;
      values[slot] = column[i]!;
      let broken = again ? restarted[slot]! : 0;
      // Restarts before the first sample break nothing: there is no earlier reading to be led astray by.
      while (r < restarts.length && restarts[r]! <= instant) {
        broken = 1;
        r++;
      }
      restarted[slot] = broken;
    }
  }
  return { length: n, at, polledAt, values, restarted };
}

function restartInstants(blocks: readonly PollBlock[]): number[] {
  const instants = new Set<number>();
  for (const block of blocks) {
    for (let i = 0; i < block.length; i++) if (block.restarted[i] === 1) instants.add(block.at[i]!);
  }
  return [...instants].toSorted((a, b) => a - b);
}

/** Blocks that do not overlap, in the order of time; overlapping ones are merged poll by poll. */
function inOrder(blocks: readonly PollBlock[]): readonly PollBlock[] {
  const sorted = blocks.toSorted((a, b) => a.at[0]! - b.at[0]!);
  const overlap = sorted.some((block, i) => i > 0 && block.at[0]! <= sorted[i - 1]!.at[sorted[i - 1]!.length - 1]!);
  if (!overlap) return sorted;
  const polls = sorted.flatMap((block) => Array.from({ length: block.length }, (_, i) => ({ block, i })));
  polls.sort((a, b) => a.block.at[a.i]! - b.block.at[b.i]! || a.block.polledAt[a.i]! - b.block.polledAt[b.i]!);
  return polls.map(({ block, i }) => ({
    layoutId: block.layoutId,
    length: 1,
    at: block.at.subarray(i, i + 1),
    polledAt: block.polledAt.subarray(i, i + 1),
    restarted: block.restarted.subarray(i, i + 1),
    column: (position) => block.column(position).subarray(i, i + 1),
  }));
}
