import { z } from 'zod';
import { AppError } from '#platform/errors.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { HeldLease, LeaseStore, Member, WorkingMember, Zone } from './leases.ts';

const BeatAnswer = z.object({
  now: z.number(),
  share: z.number(),
  members: z.number(),
  held: z.array(z.object({ partition: z.number(), term: z.number(), from: z.number() })),
  excess: z.array(z.number()),
  partitions: z.number().nullable(),
});

/**
 * Leases in PostgreSQL: a beat is one statement, and members beat one after the other. `own` is where they go through,
 * and what is given back: not through connections on which others make long work of theirs.
 */
export function createPostgresLeases(pg: Queryable, own = pg): LeaseStore {
  return {
    async beat(member, partitions, ttlMs) {
      const { id, host, pid, name, sites } = member;
      const result = await own.query<{ beat: unknown }>(
        'select worker_beat($1, $2, $3, $4, $5, $6, $7) as beat',
        [id, host, pid, name, sites, partitions, ttlMs],
        'worker_beat',
      );
      return BeatAnswer.parse(result.rows[0]?.beat);
    },
    async release(memberId, partitions) {
      if (partitions.length === 0) return;
      await own.query(
        `update partition_lease set holder = null, lease_until = clock_timestamp() where holder = $1 and partition = any($2)`,
        [memberId, partitions],
      );
    },
    async leave(memberId) {
      await own.query(
        `with gone as (delete from worker_member where id = $1)
         update partition_lease set holder = null, lease_until = clock_timestamp() where holder = $1`,
        [memberId],
      );
    },
    async members() {
      return (await pg.query<Member>('select id, host, pid, name, sites from worker_member order by id')).rows;
    },
    ...queries(pg),
    ...zones(pg),
  };
}

function queries(pg: Queryable): Pick<LeaseStore, 'terms' | 'heldNow' | 'fleet' | 'agree' | 'agreed'> {
  return {
    async terms() {
      return (await pg.query<HeldLease>('select partition, term from partition_lease order by partition')).rows;
    },
    async heldNow() {
      const { rows } = await pg.query<{ partition: number }>(
        'select partition from partition_lease where holder is not null and lease_until > clock_timestamp()',
        [],
        'held_now',
      );
      return rows.map(({ partition }) => partition);
    },
    async fleet() {
      const { rows } = await pg.query<WorkingMember>(
        `select id, host, pid, name, sites, extract(epoch from started_at)::float8 * 1000 as "startedAt",
           array(select partition from partition_lease
             where holder = m.id and lease_until > clock_timestamp() order by partition) as partitions
         from worker_member m where seen_until > clock_timestamp() order by name, id`,
      );
      return rows;
    },
    async agree(partitions) {
      await pg.query(
        `insert into fleet (partitions) values ($1) on conflict (only_row) do update set partitions = excluded.partitions`,
        [partitions],
      );
    },
    async agreed() {
      const { rows } = await pg.query<{ partitions: number | null }>('select partitions from fleet');
      return rows[0]?.partitions ?? undefined;
    },
  };
}

function zones(pg: Queryable): Pick<LeaseStore, 'zones' | 'zoneOf' | 'zonedDevices' | 'dissolveZone'> {
  return {
    async zones() {
      const { rows } = await pg.query<Zone>(
        `select zone, site, (select count(*) from device d where d.site = z.site)::int as devices,
           (select count(*) from worker_member m where m.seen_until > clock_timestamp() and z.site = any(m.sites))::int
             as collectors
         from site_zone z order by site`,
      );
      return rows;
    },
    async zoneOf(site) {
      const { rows } = await pg.query<{ zone: number; served: boolean }>(
        `select coalesce((select zone from site_zone where site = $1), 0) as zone, site_blind($1) is null as served`,
        [site],
      );
      return rows[0] ?? { zone: 0, served: true };
    },
    async zonedDevices() {
      const { rows } = await pg.query<{ id: number; zone: number }>(
        'select d.id, z.zone from site_zone z join device d on d.site = z.site',
      );
      return new Map(rows.map(({ id, zone }) => [id, zone]));
    },
    async dissolveZone(site) {
      const { rows } = await pg.query<{ gone: boolean; pinned: boolean }>(
        `with gone as (
           delete from site_zone where site = $1 and not exists (
             select 1 from worker_member where seen_until > clock_timestamp() and $1 = any(sites))
           returning zone
         ), freed as (
           delete from partition_lease l using gone g where l.partition >= g.zone * 1000 and l.partition < (g.zone + 1) * 1000
         )
         select exists (select 1 from gone) as gone, exists (select 1 from site_zone where site = $1) as pinned`,
        [site],
      );
      const [row] = rows;
      if (row?.gone) return true;
      if (!row?.pinned) return false;
      throw new AppError('conflict', `Collectors are pinned to “${site}”: stop them first, or start them without it.`);
    },
  };
}
