import type { BlindSpot, BlindSpots as BlindSpotList } from '@sotp/contract/blind-spots.ts';
import type { Clock } from '#platform/clock.ts';
import type { Actor } from '#services/access/actor.ts';

/** Somebody who knows of things that are not watched. */
export type BlindSource = (actor: Actor) => Promise<BlindSpot[]>;

export interface BlindSpotsDeps {
  readonly sources: readonly BlindSource[];
  readonly clock: Clock;
}

/** What is not being watched, and why. */
export interface BlindSpots {
  get(actor: Actor): Promise<BlindSpotList>;
}

const ORDER = { blind: 0, weak: 1, chosen: 2 } as const;

export function createBlindSpots({ sources, clock }: BlindSpotsDeps): BlindSpots {
  return {
    async get(actor) {
      const checkedAt = new Date(clock.now()).toISOString();
      const spots = (await Promise.all(sources.map((source) => source(actor)))).flat();
      return {
        checkedAt,
        spots: spots.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind] || b.count - a.count),
      };
    },
  };
}
