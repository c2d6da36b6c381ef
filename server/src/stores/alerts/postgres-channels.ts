import { AppError } from '#platform/errors.ts';
import { isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { ChannelKind, ChannelStore, StoredChannel } from './alerts.ts';

interface ChannelRow {
  id: number;
  name: string;
  kind: ChannelKind;
  target: string;
  enabled: boolean;
  created_at: Date;
  waiting: number;
  failing: number;
  last_sent_at: Date | null;
}

/** With what waits for each; `n` are the notifications of one channel. */
const SELECT = `select c.id, c.name, c.kind, c.target, c.enabled, c.created_at, n.waiting, n.failing, n.last_sent_at
  from channel c cross join lateral (
    select count(*) filter (where state = 'waiting')::int as waiting,
      count(*) filter (where state = 'waiting' and attempts > 0 and error is not null)::int as failing,
      max(sent_at) as last_sent_at
    from notification where channel_id = c.id) n`;

function toChannel(row: ChannelRow): StoredChannel {
  const { created_at: createdAt, last_sent_at: lastSentAt, ...rest } = row;
  return { ...rest, createdAt: createdAt.getTime(), lastSentAt: lastSentAt?.getTime() ?? null };
}

function toConflict(error: unknown, name: string | undefined): unknown {
  if (!isUniqueViolation(error, 'channel_name')) return error;
  return new AppError('conflict', `Another channel is named ${JSON.stringify(name)} already.`, { cause: error });
}

/** Channels in PostgreSQL. */
export function createChannelStore(pg: Postgres): ChannelStore {
  async function get(id: number): Promise<StoredChannel | undefined> {
    const { rows } = await pg.query<ChannelRow>(`${SELECT} where c.id = $1 and c.kind <> 'canary'`, [id]);
    return rows[0] && toChannel(rows[0]);
  }
  return {
    get,
    async list(after, limit) {
      const { rows } = await pg.query<ChannelRow>(
        `${SELECT} where c.id > $1 and c.kind <> 'canary' order by c.id limit $2`,
        [after, limit],
      );
      return rows.map(toChannel);
    },
    async create({ name, kind, target, enabled }) {
      try {
        const { rows } = await pg.query<{ id: number }>(
          'insert into channel (name, kind, target, enabled) values ($1, $2, $3, $4) returning id',
          [name, kind, target, enabled],
        );
        return (await get(rows[0]!.id))!;
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async update(id, { name, target, enabled }) {
      try {
        const { rowCount } = await pg.query(
          `update channel set name = coalesce($2, name), target = coalesce($3, target), enabled = coalesce($4, enabled)
           where id = $1 and kind <> 'canary'`,
          [id, name ?? null, target ?? null, enabled ?? null],
        );
        return rowCount === 0 ? undefined : await get(id);
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    remove: (id) =>
      pg.transaction(async (tx) => {
        await tx.query(
          `update notification set state = 'dead', error = 'The channel was removed.' where channel_id = $1 and state = 'waiting'`,
          [id],
        );
        const { rowCount } = await tx.query(`delete from channel where id = $1 and kind <> 'canary'`, [id]);
        return rowCount > 0;
      }),
  };
}
