import { z } from 'zod';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';

/**
 * Live news between processes. `BUS_TOPICS.devices` carries `DeviceEvent`; `samplesTopic(id)` carries `SamplesEvent`,
 * but only while somebody has said within the last `ttlMs` that he listens: collectors spend nothing on samples that
 * nobody watches.
 */
export function samplesTopic(deviceId: number | string): string {
  return `${BUS_TOPICS.samples}/${deviceId}`;
}

/** Message of `BUS_TOPICS.interest`: "I listen to these topics for so long". Sent anew before the time is up. */
export const InterestMessage = z.object({
  topics: z.array(z.string().max(100)).max(10_000),
  ttlMs: z.number().int().min(0).max(600_000),
});
export type InterestMessage = z.infer<typeof InterestMessage>;

/** How long one interest message holds, and how often a hub that still listens should repeat it. */
export const INTEREST_TTL_MS = 30_000;
export const INTEREST_REPEAT_MS = 10_000;

/** What a hub calls when a subscriber comes, and every `INTEREST_REPEAT_MS` as long as there are any. */
export function publishInterest(bus: Bus, topics: readonly string[], ttlMs = INTEREST_TTL_MS): void {
  const message: InterestMessage = { topics: [...topics], ttlMs };
  bus.publish(BUS_TOPICS.interest, message);
}

/** The publishers' side: which topics somebody listens to now. */
export interface InterestBook {
  has(topic: string): boolean;
  /** Takes in a message of `BUS_TOPICS.interest`; what does not have its shape is ignored. */
  note(message: unknown): void;
}

/** Remembers interest until it runs out; at most `limit` topics, so that a stranger on the bus cannot fill the memory. */
export function createInterestBook(clock: Clock, limit = 50_000): InterestBook {
  const until = new Map<string, number>();
  function drop(now: number): void {
    for (const [topic, end] of until) if (end <= now) until.delete(topic);
  }
  return {
    has(topic) {
      const end = until.get(topic);
      return end !== undefined && end > clock.monotonic();
    },
    note(message) {
      const parsed = InterestMessage.safeParse(message);
      if (!parsed.success) return;
      const now = clock.monotonic();
      if (until.size + parsed.data.topics.length > limit) drop(now);
      for (const topic of parsed.data.topics) {
        if (until.size >= limit && !until.has(topic)) continue;
        until.set(topic, Math.max(until.get(topic) ?? 0, now + parsed.data.ttlMs));
      }
    },
  };
}
