import type { Postgres } from '#stores/postgres/postgres.ts';
import type { BlindDeviceStore, BlindDevices } from './devices.ts';
import { SET_APART, VISIBLE_STATUS } from './rows.ts';

/** What an agent that refuses a credential makes a poll end with. */
const REFUSALS = [
  'snmp_unknown_user',
  'snmp_wrong_digest',
  'snmp_wrong_privacy',
  'snmp_unsupported_security',
  'credential_missing',
  'secret_unavailable',
];

/** A page of devices of each reason, with the count of all; `why` is the query that gives id and reason. */
const grouped = (why: string) =>
  `with why as materialized (${why}), counted as (
     select w.*, count(*) over (partition by w.reason) as all_of_it,
       row_number() over (partition by w.reason order by d.name_key, d.id) as place
     from why w join device d on d.id = w.id)
   select c.reason, max(c.all_of_it)::int as count,
     json_agg(json_build_object('id', d.id, 'name', d.name, 'address', d.address, 'detail', c.detail) order by c.place) as devices
   from counted c join device d on d.id = c.id where c.place <= $2 group by c.reason`;

/**
 * Why devices are not watched now: the reasons of `statusOf` in rows.ts, for all of them at once. It is asked every two
 * seconds, so of the many that are watched nothing is read but their states.
 */
const UNWATCHED = `with maybe as (
    select device_id as id from device_state where valid_until is null or valid_until < now() or status = 'unknown'
    union select id from device d where ${SET_APART}
    union select id from device where collectors = '[]'
  ), seen as (
    select d.id, d.site, d.collectors = '[]' as bare, s.valid_until, ${VISIBLE_STATUS} as status
    from maybe m join device d on d.id = m.id join device_state s on s.device_id = m.id
    where $1::text[] is null or d.site = any($1)
  ), sites as materialized (
    select site, device_blind(site) as blind from (select distinct site from seen where status = 'unknown') s
  )
  select seen.id, seen.site as detail, case
      when status in ('disabled', 'maintenance') then status
      when bare then 'no_collectors'
      when blind = 'site' then 'site_unserved'
      when blind = 'all' then 'no_process'
      when blind = 'plan' then 'no_plan'
      when valid_until is null then 'not_polled_yet'
      else 'late' end as reason
  from seen left join sites on sites.site is not distinct from seen.site
  where status in ('unknown', 'disabled', 'maintenance') or bare`;

/**
 * Devices whose last poll was refused; and those that answer otherwise, but no longer to a credential that they have
 * answered to: a community that is wrong looks like silence.
 */
const REFUSED = `select d.id, f.value -> 'error' ->> 'message' as detail, 'credential_refused' as reason
  from device d join device_state s on s.device_id = d.id
  cross join lateral (select r.value from jsonb_each(s.runs) r where not (r.value ->> 'up')::boolean
      and (r.value -> 'error' ->> 'code' = any($3::text[]) or (r.value -> 'error' ->> 'code' = 'no_answer'
        and exists (select 1 from jsonb_each(s.runs) o where (o.value ->> 'up')::boolean)
        and exists (select 1 from credential_answer a where a.device_id = d.id and a.collector = r.key)))
    limit 1) f
  where s.status in ('degraded', 'down') and ${VISIBLE_STATUS} in ('degraded', 'down') and ($1::text[] is null or d.site = any($1))`;

/** Devices that nobody watches, by reason. */
export function createBlindDeviceStore(pg: Postgres): BlindDeviceStore {
  return {
    async unwatched({ sites }, limit) {
      return (await pg.query<BlindDevices>(grouped(UNWATCHED), [sites ?? null, limit])).rows;
    },
    async refused({ sites }, limit) {
      const { rows } = await pg.query<BlindDevices>(grouped(REFUSED), [sites ?? null, limit, REFUSALS]);
      return rows[0] ?? { reason: 'credential_refused', count: 0, devices: [] };
    },
  };
}
