import type { DeviceStatus } from '@sotp/contract/devices.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { DeviceScope } from './devices.ts';
import { SET_APART, VISIBLE_STATUS } from './rows.ts';

/**
 * How many devices have which status now. Reads the states of all of them, and of the devices themselves only those set
 * apart: half of what a join of all costs.
 */
export async function countByStatus(pg: Postgres, { sites }: DeviceScope): Promise<Map<DeviceStatus, number>> {
  const inScope = sites ? 'and d.site = any($1::text[])' : '';
  const { rows } = await pg.query<{ status: DeviceStatus; n: number }>(
    `select device_status(false, null, null, s.status, s.valid_until, now()) as status, count(*) as n from device_state s
     where not exists (select from device d where d.id = s.device_id and ${SET_APART})
       ${sites ? `and exists (select from device d where d.id = s.device_id ${inScope})` : ''} group by 1
     union all
     select ${VISIBLE_STATUS}, count(*) from device d join device_state s on s.device_id = d.id
     where ${SET_APART} ${inScope} group by 1`,
    sites ? [sites] : [],
    sites ? 'device-summary-sites' : 'device-summary',
  );
  const counts = new Map<DeviceStatus, number>();
  for (const { status, n } of rows) counts.set(status, (counts.get(status) ?? 0) + n);
  return counts;
}
