import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { CANARY_CODE } from './alerts.ts';
import type { AlertChange, AlertStore, StoredAlert } from './alerts.ts';
import { readHistory } from './history.ts';
import { ALERT_COLUMNS, toAlert } from './rows.ts';
import type { AlertRow } from './rows.ts';

const CANARY_KEPT_MS = 3_600_000;
/** Longer than anything is tried. */
const UNTRIED_MS = 25 * 3_600_000;

const date = (at: number | null | undefined) => (at == null ? null : new Date(at));

/** Opens an alert; undefined when somebody else has. */
async function open(tx: Queryable, { code, subject, next, words, at }: AlertChange): Promise<StoredAlert | undefined> {
  if (next.phase === 'quiet' || !words) return undefined;
  const { rows } = await tx.query<AlertRow>(
    `insert into alert (code, subject, state, severity, rule, summary, remedy, href, started_at, fired_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (code, subject) where state <> 'resolved' do nothing returning ${ALERT_COLUMNS}`,
    [
      code,
      subject,
      next.phase,
      words.severity,
      words.rule,
      words.summary,
      words.remedy,
      words.href,
      date(next.since),
      next.phase === 'firing' ? date(at) : null,
    ],
  );
  return rows[0] && toAlert(rows[0]);
}

/** The next state of an open alert; undefined when somebody else has moved it on. */
async function advance(tx: Queryable, change: AlertChange, before: StoredAlert): Promise<StoredAlert | undefined> {
  const { next, transition, words, at } = change;
  if (transition === 'dropped') {
    await tx.query(`delete from alert where id = $1 and state = 'pending'`, [before.id]);
    return undefined;
  }
  const state = next.phase === 'quiet' ? 'resolved' : next.phase;
  const { rows } = await tx.query<AlertRow>(
    `update alert set state = $3, started_at = coalesce($4, started_at), fired_at = coalesce(fired_at, $5), clear_since = $6,
       resolved_at = $7, severity = coalesce($8, severity), rule = coalesce($9, rule), summary = coalesce($10, summary),
       remedy = coalesce($11, remedy), href = case when $8::text is null then href else $12 end
     where id = $1 and state = $2 returning ${ALERT_COLUMNS}`,
    [
      before.id,
      before.state,
      state,
      date(next.phase === 'quiet' ? null : next.since),
      date(transition === 'fired' ? at : null),
      date(next.phase === 'firing' ? next.clearSince : null),
      date(transition === 'resolved' ? at : null),
      words?.severity ?? null,
      words?.rule ?? null,
      words?.summary ?? null,
      words?.remedy ?? null,
      words?.href ?? null,
    ],
  );
  return rows[0] && toAlert(rows[0]);
}

/** A notification to every channel that is to have it. */
async function announce(tx: Queryable, alert: StoredAlert, event: 'fired' | 'resolved', at: number): Promise<void> {
  await tx.query(
    `insert into notification (channel_id, channel_name, alert_id, event, idempotency_key, payload, created_at, next_at)
     select id, name, $1, $2, gen_random_uuid()::text, $3::jsonb, $4, $4 from channel
     where enabled and (kind = 'canary') = $5`,
    [alert.id, event, toJsonb(alert), new Date(at), alert.code === CANARY_CODE],
  );
}

/** Alerts in PostgreSQL. */
export function createAlertStore(pg: Postgres): AlertStore {
  return {
    async open() {
      const { rows } = await pg.query<AlertRow>(
        `select ${ALERT_COLUMNS} from alert where state <> 'resolved' order by id`,
      );
      return rows.map(toAlert);
    },
    commit: (changes) =>
      pg.transaction(async (tx) => {
        const written: StoredAlert[] = [];
        for (const change of changes) {
          const { before, transition, at } = change;
          const alert = before ? await advance(tx, change, before) : await open(tx, change);
          if (!alert) continue;
          if (transition === 'fired' || transition === 'resolved') await announce(tx, alert, transition, at);
          written.push(alert);
        }
        return written;
      }),
    async list({ state, before, limit }) {
      const { rows } = await pg.query<AlertRow>(
        `select ${ALERT_COLUMNS} from alert
         where ($1::text is null or state = $1) and ($2::bigint is null or id < $2) and code <> $3
         order by id desc limit $4`,
        [state ?? null, before ?? null, CANARY_CODE, limit],
      );
      return rows.map(toAlert);
    },
    async get(id) {
      const { rows } = await pg.query<AlertRow>(`select ${ALERT_COLUMNS} from alert where id = $1 and code <> $2`, [
        id,
        CANARY_CODE,
      ]);
      return rows[0] && toAlert(rows[0]);
    },
    async firing() {
      const { rows } = await pg.query<{ critical: number; warning: number; unacknowledged: number }>(
        `select count(*) filter (where severity = 'critical')::int as critical,
           count(*) filter (where severity = 'warning')::int as warning,
           count(*) filter (where acknowledged_at is null)::int as unacknowledged
         from alert where state = 'firing' and code <> $1`,
        [CANARY_CODE],
      );
      return rows[0] ?? { critical: 0, warning: 0, unacknowledged: 0 };
    },
    history: (from, to, limit) => readHistory(pg, from, to, limit),
    async acknowledge(id, by, note, at) {
      const { rows } = await pg.query<AlertRow>(
        `update alert set note = case when acknowledged_at is null then $3 else coalesce($3, note) end,
           acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_at = coalesce(acknowledged_at, $4)
         where id = $1 and state <> 'resolved' and code <> $5 returning ${ALERT_COLUMNS}`,
        [id, by, note, new Date(at), CANARY_CODE],
      );
      return rows[0] && toAlert(rows[0]);
    },
    async prune(before, now) {
      await pg.transaction(async (tx) => {
        const old = `select id from alert where state = 'resolved' and (resolved_at < $1 or (code = $2 and resolved_at < $3))`;
        const params = [new Date(before), CANARY_CODE, new Date(now - CANARY_KEPT_MS)];
        await tx.query(`delete from notification where state <> 'waiting' and alert_id in (${old})`, params);
        await tx.query(`delete from alert where id in (${old})`, params);
        await tx.query(`delete from notification where state <> 'waiting' and created_at < $1`, [new Date(before)]);
        // Those of a channel that is switched off are tried by nobody.
        await tx.query(
          `update notification set state = 'dead', error = coalesce(error, 'Its channel was switched off for a day.')
           where state = 'waiting' and created_at < $1`,
          [new Date(now - UNTRIED_MS)],
        );
      });
    },
  };
}
