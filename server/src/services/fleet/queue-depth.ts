import type { Fleet } from '@sotp/contract/fleet.ts';
import { atMost } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';

const EVERY_MS = 9_000;
/** A queue that hangs holds up nobody who asks for all figures. */
const PATIENCE_MS = 1_000;

export interface QueueDepthDeps {
  /** Counted once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly depth: () => Promise<Fleet['queue']>;
  readonly clock: Clock;
}

/**
 * The jobs of polls by state, as counters of the leading hub; asked often, it looks only every few seconds. What the
 * queue does not tell in time is not told.
 */
export function createQueueDepth({ leads, depth, clock }: QueueDepthDeps): () => Promise<Record<string, number>> {
  let known: Record<string, number> = {};
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    lookedAt = clock.monotonic();
    const now = await depth().catch(() => undefined);
    known = Object.fromEntries(
      Object.entries(now ?? {}).map(([state, jobs]) => [`queue_jobs{state="${state}"}`, jobs]),
    );
    looking = undefined;
  }

  return async () => {
    if (!leads()) return {};
    if (clock.monotonic() - lookedAt >= EVERY_MS) looking ??= look();
    if (!looking || (await atMost(clock, PATIENCE_MS, looking))) return known;
    return {};
  };
}
