import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { isCompared } from '#domain/changes.ts';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { compareFacts, insertChanges, readRenames } from './changes.ts';
import type { KnownSection } from './changes.ts';

/** All sections that are known; undefined when there is no such device. */
export async function readInventory(pg: Postgres, id: number): Promise<Inventory | undefined> {
  const { rows } = await pg.query<{ facts: Partial<Inventory> | null }>(
    `select (select jsonb_object_agg(section, value) from device_facts where device_id = d.id) as facts
     from device d where d.id = $1::int8`,
    [id],
  );
  return rows[0] && { ...emptyInventory(), ...rows[0].facts };
}

/**
 * Replaces sections; those that did not change are not written. Older facts than the stored ones are dropped. What changed
 * since the last whole reading is noted in the same transaction, so once.
 */
export async function writeFacts(
  pg: Postgres,
  id: number,
  at: number,
  facts: Partial<Inventory>,
  partial: readonly string[] = [],
): Promise<void> {
  const sections = Object.entries(facts).filter(([, value]) => value !== undefined);
  if (sections.length === 0) return;
  await pg.transaction(async (tx) => {
    // Apart from the look at what is known: whoever waited for another writer here must see what that one wrote.
    const state = await tx.query(
      `update device_state set facts_at = greatest(facts_at, to_timestamp($2::float8 / 1000)) where device_id = $1`,
      [id, at],
      'facts-at',
    );
    if (state.rowCount === 0) return;
    const compared = sections.map(([section]) => section).filter(isCompared);
    // Neighbors are told by the names of their ports.
    const wanted = compared.includes('neighbors') ? [...compared, 'interfaces'] : compared;
    const { rows } =
      compared.length === 0
        ? { rows: [] }
        : await tx.query<{ section: string } & KnownSection>(
            `select section, round(extract(epoch from at) * 1000)::float8 as at, coalesce(complete, value) as value
             from device_facts where device_id = $1 and section = any($2::text[])`,
            [id, wanted],
            'facts-known',
          );
    const known = Object.fromEntries(rows.map((row) => [row.section, row]));
    let comparison = compareFacts(known, facts, at, partial);
    if (comparison.changes.some(({ kind }) => kind !== 'changed')) {
      const renames = await readRenames(tx, id, at);
      if (renames.length > 0) comparison = compareFacts(known, facts, at, partial, renames);
    }
    const { changes, cut } = comparison;
    await insertChanges(tx, id, at, changes);
    await tx.query(
      `with written as (
         insert into device_facts as f (device_id, section, at, value, complete)
         select $1, section, to_timestamp($2::float8 / 1000), value::jsonb,
           case when section = any($5::text[]) then 'null'::jsonb end
         from unnest($3::text[], $4::text[]) as t (section, value)
         on conflict (device_id, section) do update set at = excluded.at, value = excluded.value,
           complete = case when excluded.complete is not null then coalesce(f.complete, f.value) end
         where f.at <= excluded.at and (f.value is distinct from excluded.value or f.complete is not null)
         returning section, value
       ), s as (
         select value ->> 'vendor' as vendor, value ->> 'model' as model, value ->> 'serial' as serial,
           value ->> 'sysName' as sys_name, value ->> 'location' as location
         from written where section = 'system'
       )
       update device d set vendor = s.vendor, model = s.model, serial = s.serial, sys_name = s.sys_name, location = s.location
       from s where d.id = $1
         and (d.vendor, d.model, d.serial, d.sys_name, d.location)
             is distinct from (s.vendor, s.model, s.serial, s.sys_name, s.location)`,
      [id, at, sections.map(([section]) => section), sections.map(([, value]) => toJsonb(value)), cut],
      'facts-write',
    );
  });
}

/** One statement for all devices; every device tells its uptime every few minutes. Rows are locked in the order of ids. */
export async function writeUptimes(
  pg: Postgres,
  uptimes: readonly { deviceId: number; at: number; uptimeSeconds: number }[],
): Promise<void> {
  if (uptimes.length === 0) return;
  await pg.query(
    `with incoming as (
       select device_id, to_timestamp(max(at) / 1000) as at, (array_agg(uptime order by at desc))[1] as uptime
       from unnest($1::int[], $2::float8[], $3::float8[]) as t (device_id, at, uptime) group by device_id
     ), locked as materialized (
       select s.device_id, i.at, i.uptime from device_state s join incoming i on i.device_id = s.device_id
       order by s.device_id for no key update of s
     ), stated as (
       update device_state s set facts_at = greatest(s.facts_at, l.at) from locked l where l.device_id = s.device_id
     )
     update device_facts f set at = l.at, value = jsonb_set(f.value, '{uptimeSeconds}', to_jsonb(l.uptime))
     from locked l where f.device_id = l.device_id and f.section = 'system' and f.at <= l.at`,
    [uptimes.map((u) => u.deviceId), uptimes.map((u) => u.at), uptimes.map((u) => u.uptimeSeconds)],
    'device-uptimes',
  );
}
