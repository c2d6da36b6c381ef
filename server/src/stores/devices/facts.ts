import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** All sections that are known; undefined when there is no such device. */
export async function readInventory(pg: Postgres, id: number): Promise<Inventory | undefined> {
  const { rows } = await pg.query<{ facts: Partial<Inventory> | null }>(
    `select (select jsonb_object_agg(section, value) from device_facts where device_id = d.id) as facts
     from device d where d.id = $1::int8`,
    [id],
  );
  return rows[0] && { ...emptyInventory(), ...rows[0].facts };
}

/** Replaces sections; those that did not change are not written. Older facts than the stored ones are dropped. */
export async function writeFacts(pg: Postgres, id: number, at: number, facts: Partial<Inventory>): Promise<void> {
  const sections = Object.entries(facts).filter(([, value]) => value !== undefined);
  if (sections.length === 0) return;
  await pg.transaction(async (tx) => {
    const known = await tx.query(
      `update device_state set facts_at = greatest(facts_at, to_timestamp($2::float8 / 1000)) where device_id = $1`,
      [id, at],
    );
    if (known.rowCount === 0) return;
    await tx.query(
      `insert into device_facts as f (device_id, section, at, value)
       select $1, section, to_timestamp($2::float8 / 1000), value::jsonb
       from unnest($3::text[], $4::text[]) as t (section, value)
       on conflict (device_id, section) do update set at = excluded.at, value = excluded.value
       where f.at <= excluded.at and f.value is distinct from excluded.value`,
      [id, at, sections.map(([section]) => section), sections.map(([, value]) => toJsonb(value))],
    );
    if (!facts.system) return;
    await tx.query(
      `update device d set vendor = s.vendor, model = s.model, serial = s.serial, sys_name = s.sys_name, location = s.location
       from (select value ->> 'vendor' as vendor, value ->> 'model' as model, value ->> 'serial' as serial,
               value ->> 'sysName' as sys_name, value ->> 'location' as location
             from device_facts where device_id = $1 and section = 'system') s
       where d.id = $1
         and (d.vendor, d.model, d.serial, d.sys_name, d.location)
             is distinct from (s.vendor, s.model, s.serial, s.sys_name, s.location)`,
      [id],
    );
  });
}
