import { LRUCache } from 'lru-cache';
import type { BlockSelection, StoredBlock } from './blocks.ts';
import type { BlockHead } from './codec.ts';
import { DAY_MS, HOUR_MS } from './partitions.ts';

/** A packed block whose head is known; without its bytes. */
interface KnownBlock {
  readonly stored: StoredBlock;
  readonly head: BlockHead;
}

/** Heads of packed blocks that were read lately: with them a slice of a block is one round trip instead of two. */
export interface KnownHeads {
  /** Those of blocks that a selection would find, as far as they are known; such a block may be there no longer. */
  of(selection: BlockSelection): KnownBlock[];
  keep(blocks: readonly KnownBlock[]): void;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** A month of days, and the hours of the last one. */
const BLOCKS_OF_A_DEVICE = 100;
const EMPTY = Buffer.alloc(0);

/** What tells a block from all others, those that were or will be in its place among them. */
export const identityOf = ({ layoutId, start, place }: StoredBlock) =>
  `${layoutId} ${start} ${place?.toString() ?? ''}`;

const bytesOf = ({ head }: KnownBlock) => 500 + 17 * head.length + head.ends.byteLength;

export function createKnownHeads(maxBytes = MAX_BYTES): KnownHeads {
  const devices = new LRUCache<number, ReadonlyMap<string, KnownBlock>>({
    maxSize: maxBytes,
    sizeCalculation: (blocks) =>
      Math.max(
        1,
        [...blocks.values()].reduce((sum, one) => sum + bytesOf(one), 0),
      ),
  });
  return {
    of({ deviceIds, layoutIds, from, to }) {
      const wanted = new Set(layoutIds);
      return deviceIds.flatMap((id) =>
        [...(devices.get(id)?.values() ?? [])].filter(({ stored: { layoutId, start, isDay }, head }) => {
          const unitMs = isDay ? DAY_MS : HOUR_MS;
          const asked = wanted.has(layoutId) || head.restarted.includes(1);
          return asked && start >= Math.floor(from / unitMs) * unitMs && start < to;
        }),
      );
    },
    keep(blocks) {
      for (const [id, own] of Map.groupBy(blocks, ({ stored }) => stored.deviceId)) {
        const fresh = own.map(({ stored, head }) => ({ stored: { ...stored, block: EMPTY }, head }));
        const spans = new Set(fresh.map(({ stored }) => `${stored.layoutId} ${stored.start}`));
        // What lay where these lie now is there no longer.
        const others = [...(devices.peek(id)?.values() ?? [])].filter(
          ({ stored }) => !spans.has(`${stored.layoutId} ${stored.start}`),
        );
        const all = [...others, ...fresh].slice(-BLOCKS_OF_A_DEVICE);
        devices.set(id, new Map(all.map((one) => [identityOf(one.stored), one])));
      }
    },
  };
}
