import type { AlertSeverity, AlertState, NotificationEvent } from '@sotp/contract/alerts.ts';
import type { AlertPhase, AlertTransition } from '#domain/alert-state.ts';

/** The rule of the canary's alerts, which go to the canary's channel and into no list. */
export const CANARY_CODE = 'canary_alert';

/** The words of an alert, as they are now. */
export interface AlertWords {
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly summary: string;
  readonly remedy: string;
  readonly href: string | null;
}

/** An alert as kept; times are epoch ms. */
export interface StoredAlert extends AlertWords {
  readonly id: number;
  readonly code: string;
  readonly subject: string;
  readonly state: AlertState;
  readonly startedAt: number;
  readonly firedAt: number | null;
  readonly clearSince: number | null;
  readonly resolvedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly note: string | null;
}

/** One step of one alert, to be written. */
export interface AlertChange {
  readonly code: string;
  readonly subject: string;
  /** The alert that is open; undefined when this opens one. */
  readonly before: StoredAlert | undefined;
  readonly next: AlertPhase;
  readonly transition: AlertTransition | null;
  /** Undefined leaves those that are kept. */
  readonly words: AlertWords | undefined;
  readonly at: number;
}

/** Kinds of channels that a notification may go to. */
export type ChannelKind = 'webhook' | 'canary';

export interface AlertFilter {
  readonly state?: AlertState | undefined;
  /** Ids below this. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** An alert that fired for a while, within a period. */
export interface FiredAlert extends Pick<StoredAlert, 'rule' | 'subject' | 'severity' | 'summary' | 'resolvedAt'> {
  readonly firedAt: number;
  /** Of the period. */
  readonly seconds: number;
}

/** What fired in a period. */
export interface AlertHistory {
  /** How many began to fire in it. */
  readonly critical: number;
  readonly warning: number;
  /** Those that fired the longest in it, also those that began before. */
  readonly longest: readonly FiredAlert[];
  /** What fired most often in it, and more than once. */
  readonly frequent: readonly (Pick<StoredAlert, 'rule' | 'subject' | 'severity'> & { readonly times: number })[];
}

/** Alerts and their transitions. The canary's own are kept apart: no list has them. */
export interface AlertStore {
  /** All that are pending or firing. */
  open(): Promise<StoredAlert[]>;
  /**
   * Writes steps, and for those that fired or were resolved a notification to every channel that is enabled, in one
   * transaction. Leaves out what somebody else has written meanwhile; answers what was written.
   */
  commit(changes: readonly AlertChange[]): Promise<StoredAlert[]>;
  /** Newest first. */
  list(filter: AlertFilter): Promise<StoredAlert[]>;
  get(id: number): Promise<StoredAlert | undefined>;
  firing(): Promise<{ critical: number; warning: number; unacknowledged: number }>;
  /** What fired from one instant to another; lists of at most so many. */
  history(from: number, to: number, limit: number): Promise<AlertHistory>;
  /** Undefined when it is not there, or over. The first acknowledgement stays. */
  acknowledge(id: number, by: string, note: string | null, at: number): Promise<StoredAlert | undefined>;
  /** Forgets what was resolved before, notifications included; the canary's an hour after. */
  prune(before: number, now: number): Promise<void>;
}

export interface StoredChannel {
  readonly id: number;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly target: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly waiting: number;
  readonly failing: number;
  readonly lastSentAt: number | null;
}

/** Where notifications go. What is secret of it lies in the secret store. */
export interface ChannelStore {
  /** By id, greater than `after`; without the canary's own. */
  list(after: number, limit: number): Promise<StoredChannel[]>;
  get(id: number): Promise<StoredChannel | undefined>;
  /** Throws `conflict` when the name is taken. */
  create(channel: Pick<StoredChannel, 'name' | 'kind' | 'target' | 'enabled'>): Promise<StoredChannel>;
  update(
    id: number,
    change: Partial<Pick<StoredChannel, 'name' | 'target' | 'enabled'>>,
  ): Promise<StoredChannel | undefined>;
  /** What waits for it is dead. */
  remove(id: number): Promise<boolean>;
}

/** A report that is sent: made already, for whoever reads it. */
export interface ReportPayload {
  /** For the delivery log, as those of an alert. */
  readonly code: 'report';
  readonly rule: string;
  readonly subject: string;
  /** What the receiver gets. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface StoredNotification {
  readonly id: number;
  readonly channelId: number | null;
  readonly channel: string;
  readonly kind: ChannelKind | null;
  readonly alertId: number | null;
  readonly event: NotificationEvent;
  readonly idempotencyKey: string;
  /** The alert as it was then, or a report. */
  readonly payload: StoredAlert | ReportPayload;
  readonly state: 'waiting' | 'sent' | 'dead';
  readonly attempts: number;
  readonly error: string | null;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly sentAt: number | null;
}

export interface NotificationFilter {
  readonly state?: StoredNotification['state'] | undefined;
  readonly channelId?: number | undefined;
  readonly alertId?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** How a try ended. */
export type Attempt =
  | { readonly sent: true; readonly at: number }
  | { readonly sent: false; readonly error: string; readonly nextAt: number | null };

/** A channel that nothing can be sent to. */
export interface UnfitChannel {
  readonly name: string;
  readonly why: 'missing' | 'disabled';
}

/** What is to be sent, and what became of it. */
export interface Outbox {
  /**
   * Takes notifications that are due, the oldest of each channel that is not among `busy`, for `claimMs`: one whose
   * sender dies is taken again after that. What is resolved waits until it is settled whether it fired was sent.
   */
  claim(now: number, claimMs: number, busy: readonly number[]): Promise<StoredNotification[]>;
  /** Writes how a try ended; `nextAt` null: given up. */
  settle(id: number, attempt: Attempt): Promise<void>;
  /** Adds one to be sent that no alert asks for. */
  add(channelId: number, event: 'test', payload: StoredAlert, at: number): Promise<StoredNotification | undefined>;
  /**
   * Adds one to each of the channels of these names, or none when one of them is not there or switched off: those are
   * answered.
   */
  addReport(channels: readonly string[], payload: ReportPayload, at: number): Promise<UnfitChannel[]>;
  /** Newest first; without the canary's own. */
  list(filter: NotificationFilter): Promise<StoredNotification[]>;
  /** Channels to which nothing has come through lately although it was tried; with the last fault. */
  failing(attempts: number): Promise<{ channel: string; waiting: number; error: string }[]>;
}
