import type { DeviceStatus } from '@sotp/contract/devices.ts';
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
export const VISIBLE_STATUS = 'device_status(d.disabled, s.status, s.valid_until, now())';

/** Columns of a DeviceRow, of `device d join device_state s`. */
export const DEVICE_COLUMNS = `d.id, d.name, d.address, d.site, d.tags, d.disabled, d.disabled_at, d.created_at, d.collectors,
  array(select credential_id from device_credential where device_id = d.id order by position) as credential_ids,
  array(select parent_id from device_parent where device_id = d.id order by parent_id) as parent_ids,
  ${VISIBLE_STATUS} as status, coalesce(s.valid_until < now(), false) as stale, s.status_reason, s.status_since,
  s.valid_until, s.last_seen_at, s.facts_at, s.runs,
  (select value from device_facts where device_id = d.id and section = 'system') as system`;

/** A row in the store's words. */
export function toDevice(row: DeviceRow): StoredDevice {
  const expired = row.status === 'unknown' && row.stale && row.valid_until !== null;
  let statusSince = row.status_since;
  let statusReason = row.status_reason;
  if (row.disabled) {
    statusSince = row.disabled_at ?? row.status_since;
    statusReason = 'Polling of this device is switched off.';
  } else if (expired && row.valid_until) {
    statusSince = row.valid_until;
    statusReason = 'No poll has finished in time, so nobody knows how it is.';
  } else if (row.valid_until === null && row.status === 'unknown') {
    statusReason ??= 'It has not been polled yet.';
  }
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
    statusReason,
    statusSince: statusSince.getTime(),
    lastSeenAt: row.last_seen_at?.getTime() ?? null,
    runs: Object.values(row.runs),
    system: row.system ?? emptyInventory().system,
    factsAt: row.facts_at?.getTime() ?? null,
  };
}
