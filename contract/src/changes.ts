import { z } from 'zod';
import { Id, Instant, PageQuery } from './lists.ts';

/** What is compared between two readings of a device. */
export const CHANGE_SECTIONS = ['system', 'interfaces', 'hardware', 'neighbors'] as const;
export const ChangeSection = z.enum(CHANGE_SECTIONS);
export type ChangeSection = z.infer<typeof ChangeSection>;

const Values = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** A fact that was another at the reading before. */
export const DeviceChange = z.object({
  id: Id,
  /** The reading that showed it. */
  at: Instant,
  section: ChangeSection,
  /** `recognised`: a port was taken for a known one that said something else; `separated`: it was taken for a new one. */
  kind: z.enum(['appeared', 'vanished', 'changed', 'recognised', 'separated']),
  /** What it is about: a field of the system, a port, a part of the hardware, a port with its neighbor's protocol. */
  subject: z.string(),
  /** Of what changed only the fields that differ; null of what appeared. */
  before: Values.nullable(),
  /** Of what changed only the fields that differ; null of what vanished. */
  after: Values.nullable(),
  /** Why it was decided so, about a port; null of everything else. */
  why: z.string().nullable(),
  /** `POST /devices/{id}/changes/{change}/reverse` parts the port's history in two, or joins two; null: not, or no more. */
  reversal: z.enum(['split', 'join']).nullable(),
  reversedAt: Instant.nullable(),
});
export type DeviceChange = z.infer<typeof DeviceChange>;

/** `?limit=&cursor=` of a device's changes, newest first. */
export const ChangeQuery = PageQuery.strict();
export type ChangeQuery = z.infer<typeof ChangeQuery>;
