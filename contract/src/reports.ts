import { z } from 'zod';
import { AlertSeverity } from './alerts.ts';
import { BlindSpot } from './blind-spots.ts';
import { Id, Instant } from './lists.ts';

/** The longest period that a report can tell of: alerts are kept for so long. */
export const REPORT_DAYS_MAX = 90;

/** Percent of a time. Up is cut off, never rounded up, so that 100 is all of it. */
const Percent = z.number().min(0).max(100);

/** Where time went. Up: some collector had an answer; down: asked, and none had one; unknown: nobody asked, or nothing of it was stored. */
export const Availability = z.object({ upPercent: Percent, downPercent: Percent, unknownPercent: Percent });
export type Availability = z.infer<typeof Availability>;

export const ReportedDevice = Availability.extend({
  id: Id,
  name: z.string(),
  address: z.string(),
  site: z.string().nullable(),
  /** Hours of the period since it was added. */
  hours: z.number(),
  downHours: z.number(),
});
export type ReportedDevice = z.infer<typeof ReportedDevice>;

export const ReportedAlert = z.object({
  rule: z.string(),
  subject: z.string(),
  severity: AlertSeverity,
  summary: z.string(),
  firedAt: Instant,
  /** Null: it still fires. */
  resolvedAt: Instant.nullable(),
  /** How long it fired within the period. */
  seconds: z.number(),
});
export type ReportedAlert = z.infer<typeof ReportedAlert>;

export const ReportedFilesystem = z.object({
  deviceId: Id,
  device: z.string(),
  filesystem: z.string(),
  usedPercent: z.number().min(0),
  sizeOctets: z.number(),
  /** When it is full, if it goes on as in the last thirty days; null when not within ten years. */
  fullAt: Instant.nullable(),
});
export type ReportedFilesystem = z.infer<typeof ReportedFilesystem>;

/** What happened in a period, out of what SOTP has stored of it. */
export const Report = z.object({
  version: z.literal(1),
  madeAt: Instant,
  /** Whole hours. */
  from: Instant,
  to: Instant,
  days: z.number().int(),
  devices: z.object({
    /** Devices that the figures are of, since they were added. */
    counted: z.number().int(),
    /** Left out: switched off now, and added within the last hour. */
    disabled: z.number().int(),
    tooNew: z.number().int(),
  }),
  /** Of all devices together, by their hours; null without devices. */
  availability: Availability.nullable(),
  /** Those that were up the least, at most ten; those that were up all the time are not among them. */
  worst: z.array(ReportedDevice),
  polls: z.object({
    due: z.number().int(),
    made: z.number().int(),
    answered: z.number().int(),
    /** Due, and not made or not stored. */
    missed: z.number().int(),
  }),
  alerts: z.object({
    /** Fired in the period. */
    critical: z.number().int(),
    warning: z.number().int(),
    /** Those that fired the longest within the period, whenever they began; and what fired most often in it. */
    longest: z.array(ReportedAlert),
    frequent: z.array(
      z.object({ rule: z.string(), subject: z.string(), severity: AlertSeverity, times: z.number().int() }),
    ),
  }),
  /** The fullest at the moment of the report, at most ten. */
  filesystems: z.array(ReportedFilesystem),
  /** What is not watched at the moment of the report. */
  blindSpots: z.array(BlindSpot.pick({ reason: true, kind: true, title: true, count: true, remedy: true })),
});
export type Report = z.infer<typeof Report>;

/** `GET /reports/now`. */
export const ReportQuery = z.object({ days: z.coerce.number().int().min(1).max(REPORT_DAYS_MAX).default(7) });
export type ReportQuery = z.infer<typeof ReportQuery>;
