import { z } from 'zod';
import { BLIND_CODES } from './device-status.ts';
import { Instant } from './lists.ts';

/** Why something is not watched, or is watched less well than it seems. */
export const BLIND_REASONS = [
  ...BLIND_CODES,
  'credential_refused',
  'collector_silent',
  'spool_stalled',
  'spool_full',
  'local_plan',
  'unknown_senders',
  'profile_fault',
  'heartbeat_failing',
] as const;
export const BlindReason = z.enum(BLIND_REASONS);
export type BlindReason = z.infer<typeof BlindReason>;

export const BlindItem = z.object({
  name: z.string(),
  /** The page of SOTP that shows it, when there is one. */
  href: z.string().nullable(),
  detail: z.string().nullable(),
});
export type BlindItem = z.infer<typeof BlindItem>;

/** All that is not watched for one reason. */
export const BlindSpot = z.object({
  reason: BlindReason,
  /** `blind`: nobody knows how it is; `weak`: part of the truth may be missing; `chosen`: somebody wanted it so. */
  kind: z.enum(['blind', 'weak', 'chosen']),
  title: z.string(),
  count: z.number().int(),
  /** The first of them. */
  items: z.array(BlindItem),
  remedy: z.string(),
  /** The page where it can be mended. */
  href: z.string().nullable(),
});
export type BlindSpot = z.infer<typeof BlindSpot>;

/** `GET /blind-spots`: empty when everything that should be watched is watched. */
export const BlindSpots = z.object({
  checkedAt: Instant,
  spots: z.array(BlindSpot),
});
export type BlindSpots = z.infer<typeof BlindSpots>;
