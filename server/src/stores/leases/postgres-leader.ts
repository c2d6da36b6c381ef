import { AppError } from '#platform/errors.ts';
import { ADVISORY_LOCKS } from '#stores/postgres/locks.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Session } from '#stores/postgres/session.ts';
import type { LeaderLock, Leadership } from './leases.ts';

/** The server notices within 15 s that a leader's machine is gone, and gives the lock free. */
const KEEPALIVE = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 2';

/**
 * The lead as a session advisory lock on a connection of its own: who loses the connection loses the lead, in the same
 * moment. A candidate keeps its connection between tries.
 */
export function createPostgresLeaderLock(pg: Postgres): LeaderLock {
  let session: Session | undefined;

  async function open(): Promise<Session> {
    if (session) return session;
    const opened = await pg.session();
    await opened.query(KEEPALIVE);
    void opened.lost.then(() => {
      if (session === opened) session = undefined;
    });
    session = opened;
    return opened;
  }

  function lead(own: Session): Leadership {
    return {
      lost: own.lost,
      async plannedUntil() {
        const result = await own.query<{ at: number }>(
          'select extract(epoch from planned_until)::float8 * 1000 as at from schedule_head',
        );
        return result.rows[0]?.at ?? null;
      },
      async advance(plannedUntil) {
        const result = await own.query<{ now: number }>(
          `insert into schedule_head (planned_until) values (to_timestamp($1::float8 / 1000))
           on conflict (only_row) do update set planned_until = excluded.planned_until
           returning extract(epoch from clock_timestamp())::float8 * 1000 as now`,
          [plannedUntil],
        );
        const now = result.rows[0]?.now;
        if (now === undefined) throw new AppError('internal', 'The schedule head was not written.');
        return now;
      },
      async release() {
        if (session === own) session = undefined;
        await own.close();
      },
    };
  }

  return {
    async tryLead() {
      const own = await open();
      const result = await own.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [
        ADVISORY_LOCKS.leader,
      ]);
      return result.rows[0]?.got ? lead(own) : undefined;
    },
    async close() {
      const own = session;
      session = undefined;
      await own?.close();
    },
  };
}
