import type { DeviceStatus, StatusCode } from '@sotp/contract/devices.ts';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { SystemFacts } from '@sotp/contract/inventory.ts';
import type { CollectorRun, StoredCollector, StoredDevice } from './devices.ts';

/** A device as the SELECT below gives it. */
export interface DeviceRow {
  id: number;
  name: string;
  address: string;
  site: string | null;
  tags: string[];
  disabled: boolean;
  disabled_at: Date | null;
  created_at: Date;
  maintenance_since: Date | null;
  maintenance_until: Date | null;
  maintenance_note: string | null;
  /** Why nobody polls it, when its status is not known; see `device_blind`. */
  blind: 'site' | 'all' | 'plan' | null;
  collectors: StoredCollector[];
  credential_ids: number[];
  parent_ids: number[];
  status: DeviceStatus;
  stale: boolean;
  status_reason: string | null;
  status_since: Date;
  valid_until: Date | null;
  last_seen_at: Date | null;
  facts_at: Date | null;
  runs: Record<string, CollectorRun>;
  system: SystemFacts | null;
}

/** The status as of now; `d` is the device, `s` its state. */
export const VISIBLE_STATUS =
  'device_status(d.disabled, d.maintenance_since, d.maintenance_until, s.status, s.valid_until, now())';

/** Devices for which people have set a status, or had until it ran out: few, and found by the index `device_set_apart`. */
export const SET_APART = '(d.disabled or d.maintenance_since is not null)';

/** Columns of a DeviceRow, of `device d join device_state s`. */
export const DEVICE_COLUMNS = `d.id, d.name, d.address, d.site, d.tags, d.disabled, d.disabled_at, d.created_at, d.collectors,
  d.maintenance_since, d.maintenance_until, d.maintenance_note,
  case when coalesce(s.valid_until < now(), true) then device_blind(d.site) end as blind,
  array(select credential_id from device_credential where device_id = d.id order by position) as credential_ids,
  array(select parent_id from device_parent where device_id = d.id order by parent_id) as parent_ids,
  ${VISIBLE_STATUS} as status, coalesce(s.valid_until < now(), false) as stale, s.status_reason, s.status_since,
  s.valid_until, s.last_seen_at, s.facts_at, s.runs,
  (select value from device_facts where device_id = d.id and section = 'system') as system`;

interface Basis {
  readonly since: Date;
  readonly code: StatusCode | null;
  readonly reason: string | null;
}

/** Why nobody has polled the device in time. */
function blindness(row: DeviceRow): Omit<Basis, 'since'> {
  const unknown = 'so nobody knows how it is.';
  if (row.collectors.length === 0) {
    return { code: 'no_collectors', reason: 'No collector is configured for this device.' };
  }
  if (row.blind === 'site') {
    return { code: 'site_unserved', reason: `No collector serves the site “${row.site}”, ${unknown}` };
  }
  if (row.blind === 'all') return { code: 'no_process', reason: `No collector is running, ${unknown}` };
  if (row.blind === 'plan') return { code: 'no_plan', reason: `No hub plans polls, ${unknown}` };
  if (row.valid_until === null) {
    return { code: 'not_polled_yet', reason: row.status_reason ?? 'It has not been polled yet.' };
  }
  return { code: 'late', reason: `No poll has finished in time, ${unknown}` };
}

/** What the newest of the runs that failed said. */
function faultOf(row: DeviceRow): StatusCode | null {
  const failed = Object.values(row.runs).filter((run) => !run.up);
  return failed.toSorted((a, b) => b.at - a.at)[0]?.error?.code ?? null;
}

/** What the visible status rests on. */
function statusOf(row: DeviceRow): Basis {
  if (row.status === 'disabled') {
    const reason = 'Polling of this device is switched off.';
    return { since: row.disabled_at ?? row.status_since, code: 'disabled', reason };
  }
  if (row.status === 'maintenance') {
    const reason = row.maintenance_note ?? 'It is in maintenance.';
    return { since: row.maintenance_since ?? row.status_since, code: 'maintenance', reason };
  }
  // What came to light during maintenance is told from the end of it.
  const ended = row.maintenance_until ?? new Date(0);
  const since = row.status_since < ended ? ended : row.status_since;
  if (row.status === 'up') return { since, code: null, reason: row.status_reason };
  if (row.status !== 'unknown') return { since, code: faultOf(row) ?? 'late', reason: row.status_reason };
  if (row.valid_until === null) return { since, ...blindness(row) };
  if (!row.stale) return { since, code: faultOf(row), reason: row.status_reason };
  return { since: row.valid_until < ended ? ended : row.valid_until, ...blindness(row) };
}

/** Null when it is over: then it is as if it had never been. */
function maintenanceOf(row: DeviceRow): StoredDevice['maintenance'] {
  const { maintenance_since: since, maintenance_until: until, maintenance_note: note } = row;
  if (since === null || (until !== null && until.getTime() <= Date.now())) return null;
  return { since: since.getTime(), until: until?.getTime() ?? null, note };
}

/** A row in the store's words. */
export function toDevice(row: DeviceRow): StoredDevice {
  const { since, code, reason } = statusOf(row);
  return {
    id: row.id,
    name: row.name,
    address: row.address,
    site: row.site,
    tags: row.tags,
    disabled: row.disabled,
    createdAt: row.created_at.getTime(),
    credentialIds: row.credential_ids,
    collectors: row.collectors,
    parentIds: row.parent_ids,
    status: row.status,
    statusCode: code,
    statusReason: reason,
    statusSince: since.getTime(),
    maintenance: maintenanceOf(row),
    lastSeenAt: row.last_seen_at?.getTime() ?? null,
    runs: Object.values(row.runs),
    system: row.system ?? emptyInventory().system,
    factsAt: row.facts_at?.getTime() ?? null,
  };
}
