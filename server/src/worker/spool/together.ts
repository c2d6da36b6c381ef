import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import type { Deliver } from '#services/spool/spool.ts';
import type { Entry, Waiting } from './waiting.ts';

/**
 * Batches of a quarter of a second are what may be lost; delivered one by one they cost the store a transaction each,
 * which is most of what small batches cost. So a store that keeps up gets those of a second as one.
 */
export interface Joining<B> {
  /** Deliveries begin at most so often, while the store keeps up. */
  readonly everyMs: number;
  /** Whether the batch may be stored together with others, in their order. */
  fits(batch: B): boolean;
  join(batches: readonly B[]): B;
}

const BATCHES_MOST = 16;
const ITEMS_MOST = 100_000;

export interface Together<B> {
  /** Waits until the next delivery is due; at once when `hurry` was called. */
  due(): Promise<void>;
  hurry(): void;
  /** Takes those out of memory that follow the first and fit. */
  collect(first: Entry<B>, recent: Waiting<B>): Entry<B>[];
  /** Delivers them as one; false when that failed, and each is to be delivered by itself: none may be taken for stored. */
  deliver(entries: readonly Entry<B>[], deliver: Deliver<B>): Promise<boolean>;
}

export function createTogether<B>({ everyMs, fits, join }: Joining<B>, clock: Clock): Together<B> {
  let begunAt = -Infinity;
  let hurried = false;
  let wake: (() => void) | undefined;

  return {
    async due() {
      const left = begunAt + everyMs - clock.monotonic();
      if (left > 0 && !hurried) await atMost(clock, left, new Promise<void>((resolve) => (wake = resolve)));
      begunAt = clock.monotonic();
    },
    hurry() {
      hurried = true;
      wake?.();
    },
    collect(first, recent) {
      const entries = [first];
      if (!fits(first.batch)) return entries;
      let { items } = first;
      for (let next = recent.oldest; next && entries.length < BATCHES_MOST; next = recent.oldest) {
        items += next.items;
        if (items > ITEMS_MOST || next.source !== first.source || !fits(next.batch)) break;
        recent.shift();
        entries.push(next);
      }
      return entries;
    },
    async deliver(entries, deliver) {
      const last = entries.at(-1)!;
      const also = entries.slice(0, -1).map(({ sequence }) => sequence);
      try {
        await deliver(join(entries.map(({ batch }) => batch)), { source: last.source, sequence: last.sequence, also });
        return true;
      } catch {
        return false;
      }
    },
  };
}
