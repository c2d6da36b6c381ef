import type { DeviceChange } from '@sotp/contract/changes.ts';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import {
  changesBetween,
  comparedViews,
  isCompared,
  isImplausible,
  isToldByRename,
  underNewNames,
} from '#domain/changes.ts';
import type { FactChange, Rename } from '#domain/changes.ts';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';

/** A change as stored; `at` is epoch ms. */
export interface StoredChange extends Omit<DeviceChange, 'id' | 'at' | 'reversedAt'> {
  readonly id: number;
  readonly at: number;
  readonly reversedAt: number | null;
}

/** What one reading may tell at most of a section: a device whose every row changes is better looked at itself. */
const MOST = 1000;
const PRUNED_AT_ONCE = 5000;

/** A section as the last whole reading had it. */
export interface KnownSection {
  readonly at: number;
  /** JSON null: it was never read as a whole. */
  readonly value: unknown;
}

/** What a reading tells about a device besides its facts. */
export interface Comparison {
  readonly changes: readonly FactChange[];
  /** Sections that were cut short: they are stored, and the ones before are kept to compare with. */
  readonly cut: readonly string[];
}

/**
 * Compares sections that were read with those that are known; a section that is new, older or cut short gives no change.
 * `renames`: ports that this reading was recognised to tell under other names.
 */
export function compareFacts(
  known: Readonly<Record<string, KnownSection>>,
  facts: Partial<Inventory>,
  at: number,
  partial: readonly string[],
  renames: readonly Rename[] = [],
): Comparison {
  const changes: FactChange[] = [];
  const cut: string[] = partial.filter(isCompared);
  // As the database will hold it: it refuses some characters.
  const read = { ...emptyInventory(), ...(JSON.parse(toJsonb(facts)) as Partial<Inventory>) };
  const ports = (known['interfaces']?.value ?? []) as Inventory['interfaces'];
  const is = facts.interfaces ? read : { ...read, interfaces: ports };
  for (const section of Object.keys(facts)) {
    if (!isCompared(section) || partial.includes(section)) continue;
    const before = known[section];
    if (!before || before.value === null || before.at > at) continue;
    if (isImplausible(section, before.value, read[section])) cut.push(section);
    else {
      const was = { ...emptyInventory(), [section]: before.value, interfaces: underNewNames(ports, renames) };
      const found = changesBetween(section, ...comparedViews(section, was, is));
      changes.push(...found.filter((change) => !isToldByRename(change, renames)).slice(0, MOST));
    }
  }
  return { changes, cut };
}

/** Adds changes of one device. */
export async function insertChanges(
  tx: Queryable,
  deviceId: number,
  at: number,
  changes: readonly FactChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `insert into device_change (device_id, at, section, kind, subject, before, after)
     select $1, to_timestamp($2::float8 / 1000), section, kind, subject, before, after
     from jsonb_to_recordset($3::jsonb) as t (section text, kind text, subject text, before jsonb, after jsonb)`,
    [deviceId, at, toJsonb(changes)],
  );
}

interface ChangeRow extends Omit<StoredChange, 'at' | 'reversedAt'> {
  at: Date;
  reversedAt: Date | null;
}

/** Changes of a device with ids below `before`, newest first. */
export async function listChanges(
  pg: Postgres,
  deviceId: number,
  before: number | undefined,
  limit: number,
): Promise<StoredChange[]> {
  const { rows } = await pg.query<ChangeRow>(
    `select id, at, section, kind, subject, before, after, why, reversed_at as "reversedAt",
       case when decision is null or reversed_at is not null then null when kind = 'recognised' then 'split' else 'join' end as reversal
     from device_change
     where device_id = $1::int8 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [deviceId, before ?? null, limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime(), reversedAt: row.reversedAt?.getTime() ?? null }));
}

/** Ports that the reading at an instant was recognised to tell under other names (or under their own, after an absence). */
export async function readRenames(tx: Queryable, deviceId: number, at: number): Promise<readonly Rename[]> {
  const { rows } = await tx.query<Rename>(
    `select coalesce(before ->> 'name', subject) as before, subject as after from device_change
     where device_id = $1 and at = to_timestamp($2::float8 / 1000) and kind = 'recognised'`,
    [deviceId, at],
  );
  return rows;
}

/** Removes changes older than an instant, some thousand at a time so that nobody waits for it. */
export async function pruneChanges(pg: Postgres, before: number, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pg.query(
      `delete from device_change where id in (select id from device_change where at < $1 order by at limit ${PRUNED_AT_ONCE})`,
      [new Date(before)],
    );
    removed += rowCount;
    if (rowCount < PRUNED_AT_ONCE || signal?.aborted) return removed;
  }
}
