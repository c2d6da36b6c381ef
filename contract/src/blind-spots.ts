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
  'canary_loss',
  'canary_late',
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

/** One way of the canary: numbered samples or lines, from a collector to what the hub reads back. */
export const CanaryLeg = z.object({
  collector: z.string(),
  leg: z.enum(['metric', 'log']),
  seen: z.number().int(),
  lost: z.number().int(),
  /** From being made to being readable, of the last minutes; null before anything was seen. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  lastSeenAt: Instant.nullable(),
});
export type CanaryLeg = z.infer<typeof CanaryLeg>;

export const HeartbeatState = z.object({
  /** Where it goes, secrets masked. */
  url: z.string(),
  everySeconds: z.number(),
  lastSentAt: Instant.nullable(),
  /** Why the last one was not sent, or did not arrive; null when it did. */
  problem: z.string().nullable(),
});
export type HeartbeatState = z.infer<typeof HeartbeatState>;

export const BlindSpots = z.object({
  checkedAt: Instant,
  spots: z.array(BlindSpot),
  /** Empty while it is switched off, and for those who see only some sites. */
  canary: z.array(CanaryLeg),
  heartbeat: HeartbeatState.nullable(),
});
export type BlindSpots = z.infer<typeof BlindSpots>;
