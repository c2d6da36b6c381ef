import type {
  Alert,
  AlertAcknowledge,
  AlertQuery,
  AlertSummary,
  Notification,
  NotificationQuery,
} from '@sotp/contract/alerts.ts';
import type { Page } from '@sotp/contract/lists.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { AlertStore, Outbox, StoredNotification } from '#stores/alerts/alerts.ts';
import { toAlert } from './delivery.ts';

/** Alerts as people see them. They are about SOTP itself, so who sees only some sites sees none. */
export interface Alerts {
  list(actor: Actor, query: AlertQuery): Promise<Page<Alert>>;
  summary(actor: Actor): Promise<AlertSummary>;
  /** Throws `conflict` when it is over. The first acknowledgement stays. */
  acknowledge(actor: Actor, id: string, said: AlertAcknowledge): Promise<Alert>;
  notifications(actor: Actor, query: NotificationQuery): Promise<Page<Notification>>;
}

export interface AlertsDeps {
  readonly alerts: AlertStore;
  readonly outbox: Pick<Outbox, 'list'>;
  readonly audit: Audit;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Clock;
}

const EMPTY = { items: [], nextCursor: null };
/** What no id is. */
const NOBODY = -1;

function toNotification(stored: StoredNotification): Notification {
  const { id, channelId, channel, alertId, payload, event, state, idempotencyKey, attempts, error } = stored;
  return {
    id: String(id),
    channelId: channelId === null ? null : String(channelId),
    channel,
    alertId: alertId === null ? null : String(alertId),
    rule: payload.rule,
    subject: payload.subject,
    event,
    state,
    idempotencyKey,
    attempts,
    error,
    createdAt: new Date(stored.createdAt).toISOString(),
    nextAt: state === 'waiting' ? new Date(stored.nextAt).toISOString() : null,
    sentAt: stored.sentAt === null ? null : new Date(stored.sentAt).toISOString(),
  };
}

export function createAlerts({ alerts, outbox, audit, bus, clock }: AlertsDeps): Alerts {
  const missing = () => new AppError('not_found', 'There is no such alert.');
  return {
    async list(actor, { limit, cursor, state }) {
      const before = parseCursor(cursor);
      if (actor.scope !== null) return EMPTY;
      return pageAfter(await alerts.list({ state, before, limit: limit + 1 }), limit, toAlert);
    },
    async summary(actor) {
      return actor.scope === null ? alerts.firing() : { critical: 0, warning: 0, unacknowledged: 0 };
    },
    async acknowledge(actor, id, { note }) {
      const key = parseId(id);
      const before = key === undefined || actor.scope !== null ? undefined : await alerts.get(key);
      if (!before) throw missing();
      const after = await alerts.acknowledge(before.id, actor.name, note ?? null, clock.now());
      if (!after) throw new AppError('conflict', 'The alert is over already.');
      bus.publish(BUS_TOPICS.alerts, { alertId: String(after.id), state: after.state });
      const { rule, subject } = after;
      await audit.record(actor, 'alert.acknowledge', `alert/${after.id}`, { rule, subject, note: note ?? null });
      return toAlert(after);
    },
    async notifications(actor, { limit, cursor, state, channel, alert }) {
      const before = parseCursor(cursor);
      if (actor.scope !== null) return EMPTY;
      const rows = await outbox.list({
        state,
        before,
        limit: limit + 1,
        ...(channel === undefined ? {} : { channelId: parseId(channel) ?? NOBODY }),
        ...(alert === undefined ? {} : { alertId: parseId(alert) ?? NOBODY }),
      });
      return pageAfter(rows, limit, toNotification);
    },
  };
}
