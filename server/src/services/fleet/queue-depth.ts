import type { Fleet } from '@sotp/contract/fleet.ts';
import type { Clock } from '#platform/clock.ts';

const EVERY_MS = 9_000;

export interface QueueDepthDeps {
  /** Counted once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly depth: () => Promise<Fleet['queue']>;
  readonly clock: Clock;
}

/** The jobs of polls by state, as counters of the leading hub; asked often, it looks only every few seconds. */
export function createQueueDepth({ leads, depth, clock }: QueueDepthDeps): () => Promise<Record<string, number>> {
  let known: Record<string, number> = {};
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (!leads()) return {};
    if (clock.monotonic() - lookedAt < EVERY_MS) return known;
    lookedAt = clock.monotonic();
    // A queue that does not answer has no depth that could be told.
    const now = await depth().catch(() => undefined);
    known = {};
    for (const [state, jobs] of Object.entries(now ?? {})) known[`queue_jobs{state="${state}"}`] = jobs;
    return known;
  };
}
