import { AppError } from '#platform/errors.ts';
import { isForeignKeyViolation, isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { listChanges, pruneChanges } from './changes.ts';
import { createDevicesAtOnce } from './create-many.ts';
import type { DeviceChange, DeviceStore, ScheduleRow, StoredDevice } from './devices.ts';
import { readInventory, writeFacts, writeUptimes } from './facts.ts';
import { listDevices } from './list.ts';
import { DEVICE_COLUMNS, toDevice } from './rows.ts';
import type { DeviceRow } from './rows.ts';
import { addressKey, nameKey } from './sort-keys.ts';
import { writeState } from './state.ts';
import { countByStatus } from './summary.ts';

const SELECT = `select ${DEVICE_COLUMNS} from device d join device_state s on s.device_id = d.id`;

async function writeLinks(tx: Queryable, id: number, change: DeviceChange): Promise<void> {
  if (change.credentialIds) {
    await tx.query('delete from device_credential where device_id = $1', [id]);
    await tx.query(
      `insert into device_credential (device_id, credential_id, position)
       select $1, credential_id, min(position) from unnest($2::int[]) with ordinality as t (credential_id, position)
       group by credential_id`,
      [id, change.credentialIds],
    );
  }
  if (change.parentIds) {
    await tx.query('delete from device_parent where device_id = $1', [id]);
    await tx.query(
      `insert into device_parent (device_id, parent_id) select distinct $1::int, parent_id from unnest($2::int[]) as parent_id`,
      [id, change.parentIds],
    );
  }
}

function toConflict(error: unknown): unknown {
  if (isUniqueViolation(error, 'device_endpoint_key')) {
    return new AppError('duplicate_device', 'Another device has this address and port already.', { cause: error });
  }
  if (isForeignKeyViolation(error)) {
    return new AppError('validation_failed', 'A credential or parent device that was named does not exist.', {
      cause: error,
    });
  }
  return error;
}

/** The columns that a change writes, and their values. */
function assignments(change: DeviceChange): [column: string, value: unknown][] {
  const set: [string, unknown][] = [];
  if (change.name !== undefined) set.push(['name', change.name], ['name_key', nameKey(change.name)]);
  if (change.address !== undefined) set.push(['address', change.address], ['address_key', addressKey(change.address)]);
  if (change.endpoint !== undefined) set.push(['endpoint', change.endpoint]);
  if (change.site !== undefined) set.push(['site', change.site]);
  if (change.tags !== undefined) set.push(['tags', change.tags]);
  if (change.collectors !== undefined) set.push(['collectors', JSON.stringify(change.collectors)]);
  if (change.disabled !== undefined) set.push(['disabled', change.disabled]);
  if (change.maintenance !== undefined) {
    const { until, note } = change.maintenance ?? { until: null, note: null };
    set.push(['maintenance_until', until === null ? null : new Date(until)], ['maintenance_note', note]);
  }
  return set;
}

/** Devices in PostgreSQL. */
export function createDeviceStore(pg: Postgres): DeviceStore {
  async function first(where: string, value: unknown): Promise<StoredDevice | undefined> {
    const { rows } = await pg.query<DeviceRow>(`${SELECT} where ${where}`, [value]);
    return rows[0] && toDevice(rows[0]);
  }

  return {
    async create(device) {
      try {
        return await pg.transaction(async (tx) => {
          const set = assignments(device);
          const { rows } = await tx.query<{ id: number }>(
            `insert into device (${set.map(([column]) => column).join(', ')})
             values (${set.map((_, i) => `$${i + 1}`).join(', ')}) returning id`,
            set.map(([, value]) => value),
          );
          const id = rows[0]?.id ?? 0;
          await tx.query('insert into device_state (device_id) values ($1)', [id]);
          await writeLinks(tx, id, device);
          return id;
        });
      } catch (error) {
        throw toConflict(error);
      }
    },
    async createMany(devices) {
      try {
        return await pg.transaction((tx) => createDevicesAtOnce(tx, devices));
      } catch (error) {
        throw toConflict(error);
      }
    },
    get: (id) => first('d.id = $1::int8', id),
    async siteOf(id) {
      const { rows } = await pg.query<{ site: string | null }>(
        'select site from device where id = $1::int8',
        [id],
        'device-site',
      );
      return rows[0]?.site;
    },
    byEndpoint: (endpoint) => first('d.endpoint = $1', endpoint),
    async byEndpoints(endpoints) {
      const { rows } = await pg.query<DeviceRow & { endpoint: string }>(
        `select ${DEVICE_COLUMNS}, d.endpoint from device d join device_state s on s.device_id = d.id
         where d.endpoint = any($1::text[])`,
        [endpoints],
      );
      return new Map(rows.map((row) => [row.endpoint, toDevice(row)]));
    },
    async getMany(ids) {
      const { rows } = await pg.query<DeviceRow>(`${SELECT} where d.id = any($1::int8[]) order by d.id`, [ids]);
      return rows.map(toDevice);
    },
    list: (query, scope) => listDevices(pg, query, scope),
    summary: (scope) => countByStatus(pg, scope),
    async update(id, change) {
      try {
        return await pg.transaction(async (tx) => {
          const set = assignments(change).map(([column, value], i) => ({ sql: `${column} = $${i + 2}`, value }));
          const disabledAt =
            change.disabled === undefined
              ? ''
              : `, disabled_at = case when not ${change.disabled} then null when disabled then disabled_at else now() end`;
          // Maintenance that goes on keeps its beginning; one that ended by itself is over.
          const maintained =
            change.maintenance === undefined
              ? ''
              : `, maintenance_since = case when ${change.maintenance === null} then null
                   when maintenance_until <= now() then now() else coalesce(maintenance_since, now()) end`;
          const { rowCount } = await tx.query(
            `update device set updated_at = now()${set.map((s) => `, ${s.sql}`).join('')}${disabledAt}${maintained} where id = $1::int8`,
            [id, ...set.map((s) => s.value)],
          );
          if (rowCount === 0) return false;
          await writeLinks(tx, id, change);
          return true;
        });
      } catch (error) {
        throw toConflict(error);
      }
    },
    async remove(id) {
      const { rowCount } = await pg.query('delete from device where id = $1::int8', [id]);
      return rowCount > 0;
    },
    async schedule(deviceIds) {
      const some = deviceIds === undefined ? '' : 'and d.id = any($1::int8[])';
      const { rows } = await pg.query<ScheduleRow>(
        `select d.id as "deviceId", c ->> 'name' as collector, (c ->> 'intervalSeconds')::int as "intervalSeconds",
           coalesce(z.zone, 0) as zone
         from device d left join site_zone z on z.site = d.site, jsonb_array_elements(d.collectors) as c
         where not d.disabled ${some} order by d.id`,
        deviceIds === undefined ? [] : [deviceIds],
      );
      return rows;
    },
    inventory: (id) => readInventory(pg, id),
    writeFacts: (id, at, facts, partial) => writeFacts(pg, id, at, facts, partial),
    writeUptimes: (uptimes) => writeUptimes(pg, uptimes),
    changes: (id, before, limit) => listChanges(pg, id, before, limit),
    pruneChanges: (before, signal) => pruneChanges(pg, before, signal),
    writeState: (updates) => writeState(pg, updates),
  };
}
