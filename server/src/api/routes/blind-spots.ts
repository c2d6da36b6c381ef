import { BlindSpots } from '@sotp/contract/blind-spots.ts';
import type { BlindSpots as BlindSpotService } from '#services/fleet/blind-spots.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** What is not being watched, and why. */
export function blindSpotRoutes(blindSpots: BlindSpotService): Route[] {
  return [
    route({
      method: 'GET',
      path: '/blind-spots',
      access: 'devices:read',
      tag: 'fleet',
      summary: 'Show what is not being watched and why: devices, collectors, spools, senders, profiles',
      output: BlindSpots,
      handler: ({ actor }) => blindSpots.get(actor),
    }),
  ];
}
