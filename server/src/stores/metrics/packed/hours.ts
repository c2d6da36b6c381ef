import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';

export const HOUR_MS = 3_600_000;

/** Whole hours since the epoch: what a partition of the head is for. */
export const hourOf = (epochMs: number): number => Math.floor(epochMs / HOUR_MS);

/** `metric_head_2026112316` for 16:00 to 17:00 UTC. */
export function hourTable(hour: number): string {
  return `metric_head_${new Date(hour * HOUR_MS).toISOString().slice(0, 13).replace(/\D/g, '')}`;
}

function hourOfTable(table: string): number | undefined {
  const found = /^metric_head_(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(table);
  return found
    ? hourOf(Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]), Number(found[4])))
    : undefined;
}

/** Hours that have a partition, ascending. */
export async function listHours(pg: Queryable): Promise<number[]> {
  const { rows } = await pg.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'metric_head'::regclass`,
  );
  return rows
    .map((row) => hourOfTable(row.name))
    .filter((hour) => hour !== undefined)
    .toSorted((a, b) => a - b);
}

/** Any number that no other use of advisory locks in this database has. */
const LOCK = 7_362_004;

/**
 * Creates the partitions that are missing. Made beside the table and then attached, because attaching, unlike creating
 * in place, lets writers go on.
 */
export async function ensureHours(pg: Postgres, hours: readonly number[]): Promise<void> {
  await pg.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '10s'`);
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const present = new Set(await listHours(tx));
    for (const hour of new Set(hours)) {
      if (present.has(hour)) continue;
      const [from, to] = [hour, hour + 1].map((h) => new Date(h * HOUR_MS).toISOString());
      const table = hourTable(hour);
      await tx.query(`create table ${table} (like metric_head including storage)`);
      await tx.query(`create index ${table}_by_device on ${table} (device_id, at)`);
      await tx.query(`alter table metric_head attach partition ${table} for values from ('${from}') to ('${to}')`);
    }
  });
}

/** Drops hours; waits only briefly for readers and writers, since all others would wait behind it. */
export async function dropHours(pg: Postgres, hours: readonly number[]): Promise<void> {
  for (const hour of hours) {
    await pg.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      await tx.query(`drop table if exists ${hourTable(hour)}`);
    });
  }
}
