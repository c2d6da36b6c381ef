import type { NotificationEvent } from '@sotp/contract/alerts.ts';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { CANARY_CODE } from './alerts.ts';
import type { ChannelKind, Outbox, StoredNotification, UnfitChannel } from './alerts.ts';

interface NotificationRow {
  id: number;
  channel_id: number | null;
  channel_name: string;
  kind: ChannelKind | null;
  alert_id: number | null;
  event: NotificationEvent;
  idempotency_key: string;
  payload: StoredNotification['payload'];
  state: StoredNotification['state'];
  attempts: number;
  error: string | null;
  created_at: Date;
  next_at: Date;
  sent_at: Date | null;
}

const COLUMNS = `n.id, n.channel_id, n.channel_name, n.alert_id, n.event, n.idempotency_key, n.payload, n.state, n.attempts, n.error,
  n.created_at, n.next_at, n.sent_at`;
const KIND = '(select c.kind from channel c where c.id = n.channel_id) as kind';

function toNotification(row: NotificationRow): StoredNotification {
  const { id, event, payload, state, attempts, error, kind } = row;
  return {
    id,
    event,
    payload,
    state,
    attempts,
    error,
    kind,
    channelId: row.channel_id,
    channel: row.channel_name,
    alertId: row.alert_id,
    idempotencyKey: row.idempotency_key,
    createdAt: row.created_at.getTime(),
    nextAt: row.next_at.getTime(),
    sentAt: row.sent_at?.getTime() ?? null,
  };
}

/**
 * The oldest that is due of each channel. An earlier one about the same alert must be settled first: nobody shall hear
 * that something is over before he hears of it.
 */
const DUE = `select distinct on (w.channel_id) w.id from notification w join channel c on c.id = w.channel_id
  where w.state = 'waiting' and w.next_at <= $1 and (w.claimed_until is null or w.claimed_until <= $1)
    and c.enabled and w.channel_id <> all($3::int[])
    and not exists (select 1 from notification e where e.alert_id = w.alert_id and e.channel_id = w.channel_id
      and e.state = 'waiting' and e.id < w.id)
  order by w.channel_id, w.next_at, w.id`;

/** The outbox in PostgreSQL. */
export function createOutbox(pg: Postgres): Outbox {
  return {
    async claim(now, claimMs, busy) {
      // Looked for first, claimed second: who claims checks again, so two hubs never have one at once.
      const { rows } = await pg.query<NotificationRow>(
        `update notification n set claimed_until = $2, attempts = attempts + 1
         from (select id from notification where id in (${DUE})
           and (claimed_until is null or claimed_until <= $1) and state = 'waiting' for update skip locked) due
         where n.id = due.id returning ${COLUMNS}, ${KIND}`,
        [new Date(now), new Date(now + claimMs), busy],
        'outbox-claim',
      );
      return rows.map(toNotification);
    },
    async settle(id, attempt) {
      if (attempt.sent) {
        await pg.query(
          `update notification set state = 'sent', sent_at = $2, error = null, claimed_until = null
           where id = $1 and state = 'waiting'`,
          [id, new Date(attempt.at)],
        );
        return;
      }
      const { error, nextAt } = attempt;
      await pg.query(
        `update notification set state = $2, error = $3, next_at = coalesce($4, next_at), claimed_until = null
         where id = $1 and state = 'waiting'`,
        [id, nextAt === null ? 'dead' : 'waiting', error, nextAt === null ? null : new Date(nextAt)],
      );
    },
    async add(channelId, event, payload, at) {
      const { rows } = await pg.query<NotificationRow>(
        `with n as (
           insert into notification (channel_id, channel_name, event, idempotency_key, payload, created_at, next_at)
           select id, name, $2, gen_random_uuid()::text, $3::jsonb, $4, $4 from channel where id = $1 and kind <> 'canary'
           returning *)
         select ${COLUMNS}, ${KIND} from n`,
        [channelId, event, toJsonb(payload), new Date(at)],
      );
      return rows[0] && toNotification(rows[0]);
    },
    addReport: (channels, payload, at) =>
      pg.transaction(async (tx) => {
        // Nobody removes or switches off one of them before it has its report.
        const { rows } = await tx.query<{ name: string; enabled: boolean }>(
          `select name, enabled from channel where name = any($1::text[]) and kind <> 'canary' for share`,
          [channels],
        );
        const found = new Map(rows.map(({ name, enabled }) => [name, enabled]));
        const unfit = channels.flatMap((name): UnfitChannel[] => {
          const enabled = found.get(name);
          return enabled === true ? [] : [{ name, why: enabled === false ? 'disabled' : 'missing' }];
        });
        if (unfit.length > 0) return unfit;
        await tx.query(
          `insert into notification (channel_id, channel_name, event, idempotency_key, payload, created_at, next_at)
           select id, name, 'report', gen_random_uuid()::text, $2::jsonb, $3, $3 from channel
           where name = any($1::text[]) and kind <> 'canary'`,
          [channels, toJsonb(payload), new Date(at)],
        );
        return [];
      }),
    async list({ state, channelId, alertId, before, limit }) {
      const { rows } = await pg.query<NotificationRow>(
        `select ${COLUMNS}, ${KIND} from notification n
         where ($1::text is null or n.state = $1) and ($2::int is null or n.channel_id = $2)
           and ($3::bigint is null or n.alert_id = $3) and ($4::bigint is null or n.id < $4)
           and n.payload ->> 'code' <> $5
         order by n.id desc limit $6`,
        [state ?? null, channelId ?? null, alertId ?? null, before ?? null, CANARY_CODE, limit],
      );
      return rows.map(toNotification);
    },
    async failing(attempts) {
      const { rows } = await pg.query<{ channel: string; waiting: number; error: string }>(
        `select c.name as channel, count(*)::int as waiting, (array_agg(n.error order by n.id))[1] as error
         from notification n join channel c on c.id = n.channel_id
         where n.state = 'waiting' and n.attempts >= $1 and n.error is not null and c.enabled and c.kind <> 'canary'
         group by c.name`,
        [attempts],
      );
      return rows;
    },
  };
}
