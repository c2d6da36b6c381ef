import type { DeviceStatus } from '@sotp/contract/devices.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { DeviceScope } from './devices.ts';
import { SET_APART, VISIBLE_STATUS } from './rows.ts';

/** The status that people have set nothing beside, as of now. */
const STORED_STATUS = 'device_status(false, null, null, s.status, s.valid_until, now())';

/**
 * How many devices have which status now. Of the states of all only two numbers are counted, as if all were up or late; the
 * few others, which indexes find, are moved from there: half of what it costs to group all by status.
 */
export async function countByStatus(pg: Postgres, { sites }: DeviceScope): Promise<Map<DeviceStatus, number>> {
  const states = sites
    ? 'device_state s join device d on d.id = s.device_id and d.site = any($1::text[])'
    : 'device_state s';
  const { rows } = await pg.query<{ status: DeviceStatus; n: number }>(
    `select moved.status, sum(moved.n)::int as n from (
       select v.* from (select count(*) as n, count(*) filter (where s.valid_until < now()) as late from ${states}) as c,
         lateral (values ('up', n - late), ('unknown', late)) as v (status, n)
       union all
       select v.* from (select s.status, count(*) as n from ${states}
           where s.status <> 'up' and (s.valid_until >= now() or s.valid_until is null) group by 1) as c,
         lateral (values (c.status, n), ('up', -n)) as v (status, n)
       union all
       select v.* from device d join device_state s on s.device_id = d.id,
         lateral (values (${VISIBLE_STATUS}, 1), (${STORED_STATUS}, -1)) as v (status, n)
       where ${SET_APART} ${sites ? 'and d.site = any($1::text[])' : ''}
     ) as moved group by 1 having sum(moved.n) > 0`,
    sites ? [sites] : [],
    sites ? 'device-summary-sites' : 'device-summary',
  );
  return new Map(rows.map(({ status, n }) => [status, n]));
}
