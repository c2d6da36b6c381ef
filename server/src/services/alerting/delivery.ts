import type { Alert } from '@sotp/contract/alerts.ts';
import type { Message } from '#notifiers/notifier.ts';
import type { StoredAlert, StoredNotification } from '#stores/alerts/alerts.ts';

const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
/** So long a notification is tried. */
export const GIVEN_UP_MS = 24 * 3_600_000;

/**
 * When to try again after so many vain tries: twice as long each time up to 15 minutes, give or take a quarter so that
 * receivers that come back are not met by all at once, and not before the receiver has asked for; null: never.
 */
export function nextTry(
  {
    createdAt,
    attempts,
    now,
    retryAfterMs,
  }: { createdAt: number; attempts: number; now: number; retryAfterMs: number },
  random: number,
): number | null {
  const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(20, Math.max(0, attempts - 1)));
  const next = now + Math.max(retryAfterMs, pause * (0.75 + random / 2));
  return next - createdAt > GIVEN_UP_MS ? null : Math.round(next);
}

const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** An alert as the API and notifications show it. */
export function toAlert(alert: StoredAlert): Alert {
  const { id, rule, code, severity, state, subject, summary, remedy, href, note } = alert;
  return {
    id: String(id),
    rule,
    code,
    source: 'system',
    severity,
    state,
    subject,
    summary,
    remedy,
    href,
    startedAt: new Date(alert.startedAt).toISOString(),
    firedAt: instant(alert.firedAt),
    resolvedAt: instant(alert.resolvedAt),
    acknowledgedAt: instant(alert.acknowledgedAt),
    acknowledgedBy: alert.acknowledgedBy,
    note,
  };
}

/** What a receiver gets. */
export function toMessage({ idempotencyKey, event, payload }: StoredNotification, publicUrl: string | null): Message {
  if ('body' in payload) return { idempotencyKey, body: { version: 1, event, idempotencyKey, ...payload.body } };
  const alert = toAlert(payload);
  const link = publicUrl === null ? null : new URL('/alerts', publicUrl).href;
  return { idempotencyKey, body: { version: 1, event, idempotencyKey, alert, link } };
}
