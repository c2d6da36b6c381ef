import { z } from 'zod';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { HeldLease, LeaseStore, Member } from './leases.ts';

const BeatAnswer = z.object({
  now: z.number(),
  share: z.number(),
  members: z.number(),
  held: z.array(z.object({ partition: z.number(), term: z.number() })),
});

/** Leases in PostgreSQL: a beat is one statement, and members beat one after the other. */
export function createPostgresLeases(pg: Queryable): LeaseStore {
  return {
    async beat(member, partitions, ttlMs) {
      const result = await pg.query<{ beat: unknown }>(
        'select worker_beat($1, $2, $3, $4, $5) as beat',
        [member.id, member.host, member.pid, partitions, ttlMs],
        'worker_beat',
      );
      return BeatAnswer.parse(result.rows[0]?.beat);
    },
    async release(memberId, partitions) {
      if (partitions.length === 0) return;
      await pg.query(
        `update partition_lease set holder = null, lease_until = '-infinity' where holder = $1 and partition = any($2)`,
        [memberId, partitions],
      );
    },
    async leave(memberId) {
      await pg.query(
        `with gone as (delete from worker_member where id = $1)
         update partition_lease set holder = null, lease_until = '-infinity' where holder = $1`,
        [memberId],
      );
    },
    async terms() {
      return (await pg.query<HeldLease>('select partition, term from partition_lease order by partition')).rows;
    },
    async members() {
      return (await pg.query<Member>('select id, host, pid from worker_member order by id')).rows;
    },
  };
}
