import { z } from 'zod';
import { Id, Instant, PageQuery } from './lists.ts';

export const ALERT_STATES = ['pending', 'firing', 'resolved'] as const;
export const AlertState = z.enum(ALERT_STATES);
export type AlertState = z.infer<typeof AlertState>;

/** `critical`: something is lost or unwatched now; `warning`: it will be, or part of it. */
export const AlertSeverity = z.enum(['critical', 'warning']);
export type AlertSeverity = z.infer<typeof AlertSeverity>;

/** One time that the condition of a rule held for one subject. */
export const Alert = z.object({
  id: Id,
  /** The rule's name, for people: `Spool full`. */
  rule: z.string(),
  /** The rule for programs: `spool_full`. */
  code: z.string(),
  /** `system`: SOTP about itself. */
  source: z.enum(['system']),
  severity: AlertSeverity,
  /** `pending`: the condition holds, but not yet for as long as the rule asks. */
  state: AlertState,
  /** What it is about: a collector process, a channel; empty when it is about all of SOTP. */
  subject: z.string(),
  /** What is wrong, with figures; as last seen. */
  summary: z.string(),
  /** What to do. */
  remedy: z.string(),
  /** The page of SOTP where it can be seen or mended. */
  href: z.string().nullable(),
  /** Since when the condition holds. */
  startedAt: Instant,
  firedAt: Instant.nullable(),
  resolvedAt: Instant.nullable(),
  acknowledgedAt: Instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  /** What was said with the acknowledgement. */
  note: z.string().nullable(),
});
export type Alert = z.infer<typeof Alert>;

/** `GET /alerts`: newest first. */
export const AlertQuery = PageQuery.extend({ state: AlertState.optional() });
export type AlertQuery = z.infer<typeof AlertQuery>;

/** `GET /alerts/summary`: what fires now. */
export const AlertSummary = z.object({
  critical: z.number().int(),
  warning: z.number().int(),
  /** Of these, how many nobody has acknowledged. */
  unacknowledged: z.number().int(),
});
export type AlertSummary = z.infer<typeof AlertSummary>;

export const AlertAcknowledge = z.object({ note: z.string().trim().min(1).max(500).optional() }).strict();
export type AlertAcknowledge = z.infer<typeof AlertAcknowledge>;

const WebhookUrl = z.url({ protocol: /^https?$/, error: 'a URL like https://hooks.example.net/…' }).max(2_000);

/** Where notifications go. The address may hold a secret: it goes in and never comes out again. */
export const Channel = z.object({
  id: Id,
  name: z.string(),
  kind: z.enum(['webhook']),
  /** Scheme, host and port of the address, without what may be secret. */
  target: z.string(),
  enabled: z.boolean(),
  createdAt: Instant,
  /** Notifications that wait, of them those that have failed at least once. */
  waiting: z.number().int(),
  failing: z.number().int(),
  lastSentAt: Instant.nullable(),
});
export type Channel = z.infer<typeof Channel>;

export const ChannelCreate = z
  .object({
    name: z.string().trim().min(1).max(100),
    kind: z.literal('webhook'),
    settings: z.object({ url: WebhookUrl }).strict(),
    enabled: z.boolean().default(true),
  })
  .strict();
export type ChannelCreate = z.input<typeof ChannelCreate>;

export const ChannelPatch = z
  .object({
    name: z.string().trim().min(1).max(100).optional(),
    settings: z.object({ url: WebhookUrl }).strict().optional(),
    enabled: z.boolean().optional(),
  })
  .strict();
export type ChannelPatch = z.infer<typeof ChannelPatch>;

export const NotificationEvent = z.enum(['fired', 'resolved', 'test', 'report']);
export type NotificationEvent = z.infer<typeof NotificationEvent>;

/** One notification to one channel: the delivery log. */
export const Notification = z.object({
  id: Id,
  channelId: Id.nullable(),
  channel: z.string(),
  alertId: Id.nullable(),
  rule: z.string(),
  subject: z.string(),
  event: NotificationEvent,
  /** `dead`: given up after a day of trying, or because its channel was removed. */
  state: z.enum(['waiting', 'sent', 'dead']),
  /** The same in every try: the receiver can tell a repetition by it. */
  idempotencyKey: z.string(),
  attempts: z.number().int(),
  /** Why the last try failed. */
  error: z.string().nullable(),
  createdAt: Instant,
  nextAt: Instant.nullable(),
  sentAt: Instant.nullable(),
});
export type Notification = z.infer<typeof Notification>;

/** `GET /notifications`: newest first. */
export const NotificationQuery = PageQuery.extend({
  state: Notification.shape.state.optional(),
  channel: Id.optional(),
  alert: Id.optional(),
});
export type NotificationQuery = z.infer<typeof NotificationQuery>;

/** Data of an `alerts` event of the live stream: fetch it anew. */
export const AlertEvent = z.object({ alertId: z.string(), state: AlertState });
export type AlertEvent = z.infer<typeof AlertEvent>;
