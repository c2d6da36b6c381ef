import { toJsonb } from '#stores/postgres/json.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { NewDevice } from './devices.ts';
import { addressKey, nameKey } from './sort-keys.ts';

/** Adds devices in a few statements, however many there are; answers their ids, in order. */
export async function createDevicesAtOnce(tx: Queryable, devices: readonly NewDevice[]): Promise<number[]> {
  const given = devices.map(({ name, address, endpoint, site, tags, collectors }, n) => ({
    n,
    name,
    name_key: nameKey(name),
    address,
    address_key: addressKey(address),
    endpoint,
    site,
    tags,
    collectors,
  }));
  const { rows } = await tx.query<{ id: number; endpoint: string }>(
    `with made as (
       insert into device (name, name_key, address, address_key, endpoint, site, tags, collectors)
       select name, name_key, address, address_key, endpoint, site, tags, collectors
       from jsonb_to_recordset($1::jsonb) as t (n int, name text, name_key text, address text, address_key text,
         endpoint text, site text, tags text[], collectors jsonb)
       order by n returning id, endpoint
     ), state as (insert into device_state (device_id) select id from made)
     select id, endpoint from made`,
    [toJsonb(given)],
  );
  const byEndpoint = new Map(rows.map(({ id, endpoint }) => [endpoint, id]));
  const ids = devices.map(({ endpoint }) => byEndpoint.get(endpoint) ?? 0);
  await tx.query(
    `insert into device_credential (device_id, credential_id, position)
     select device_id, credential_id, min(position)
     from jsonb_to_recordset($1::jsonb) as t (device_id int, credential_id int, position int) group by 1, 2`,
    [
      toJsonb(
        devices.flatMap(({ credentialIds }, i) =>
          credentialIds.map((credential_id, k) => ({ device_id: ids[i], credential_id, position: k + 1 })),
        ),
      ),
    ],
  );
  await tx.query(
    `insert into device_parent (device_id, parent_id)
     select distinct device_id, parent_id from jsonb_to_recordset($1::jsonb) as t (device_id int, parent_id int)`,
    [toJsonb(devices.flatMap(({ parentIds }, i) => parentIds.map((parent_id) => ({ device_id: ids[i], parent_id }))))],
  );
  return ids;
}
