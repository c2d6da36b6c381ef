import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { ADVISORY_LOCKS } from '#stores/postgres/locks.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How a table is cut. Starts are epoch ms. */
export interface PartitionedTable {
  readonly table: string;
  /** Characters of `2026112316` that name a partition: ten for hours, eight for days, six for months, four for years. */
  readonly digits: 10 | 8 | 6 | 4;
  /** Statements that an attached partition does not get by itself. */
  readonly index: string;
}

export const HEAD: PartitionedTable = { table: 'metric_head', digits: 10, index: '(device_id, at)' };
export const PACKED: PartitionedTable = { table: 'metric_packed', digits: 8, index: '(device_id, start, layout_id)' };
export const PACKED_DAYS: PartitionedTable = { ...PACKED, table: 'metric_packed_day' };
export const ROLLUP_5M_HOURS: PartitionedTable = { ...PACKED, table: 'metric_rollup_5m_hour' };
export const ROLLUP_5M: PartitionedTable = { ...PACKED, table: 'metric_rollup_5m', digits: 6 };
export const ROLLUP_1H: PartitionedTable = { ...PACKED, table: 'metric_rollup_1h', digits: 6 };
/** Rows of a month. */
export const ROLLUP_1D: PartitionedTable = { ...PACKED, table: 'metric_rollup_1d', digits: 4 };

/** Rows of an hour, and the rows of a day that become of them. */
export interface TwoForms {
  readonly hours: PartitionedTable;
  readonly days: PartitionedTable;
}
export const POLLS: TwoForms = { hours: PACKED, days: PACKED_DAYS };
export const FIVE_MINUTES: TwoForms = { hours: ROLLUP_5M_HOURS, days: ROLLUP_5M };

const stamp = (epochMs: number, digits: number) => new Date(epochMs).toISOString().replace(/\D/g, '').slice(0, digits);

/** Where the partition that holds an instant begins. */
export function partitionStart({ digits }: PartitionedTable, epochMs: number): number {
  if (digits === 10) return Math.floor(epochMs / HOUR_MS) * HOUR_MS;
  if (digits === 8) return Math.floor(epochMs / DAY_MS) * DAY_MS;
  const date = new Date(epochMs);
  return digits === 4 ? Date.UTC(date.getUTCFullYear(), 0) : monthOf(epochMs);
}

/** Where the month that holds an instant begins. */
export function monthOf(epochMs: number): number {
  const date = new Date(epochMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** Where the partition that holds an instant ends. */
export function partitionEnd(of: PartitionedTable, epochMs: number): number {
  if (of.digits === 10) return partitionStart(of, epochMs) + HOUR_MS;
  if (of.digits === 8) return partitionStart(of, epochMs) + DAY_MS;
  const date = new Date(epochMs);
  if (of.digits === 4) return Date.UTC(date.getUTCFullYear() + 1, 0);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** `metric_head_2026112316` for 16:00 to 17:00 UTC. */
export function partitionName(of: PartitionedTable, epochMs: number): string {
  return `${of.table}_${stamp(epochMs, of.digits)}`;
}

/** Where the partition of that name begins; undefined for other names. */
export function startOfName(of: PartitionedTable, name: string): number | undefined {
  const digits = name.slice(of.table.length + 1);
  if (!name.startsWith(`${of.table}_`) || digits.length !== of.digits || /\D/.test(digits)) return undefined;
  const part = (from: number, length: number) => Number(digits.slice(from, from + length));
  return Date.UTC(part(0, 4), (part(4, 2) || 1) - 1, part(6, 2) || 1, part(8, 2));
}

/** Starts of the partitions that there are, ascending. */
export async function listPartitions(pg: Queryable, of: PartitionedTable): Promise<number[]> {
  const { rows } = await pg.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass`,
    [of.table],
  );
  return rows
    .map((row) => startOfName(of, row.name))
    .filter((start) => start !== undefined)
    .toSorted((a, b) => a - b);
}

/**
 * Rows that nobody changes, dropped within hours: vacuuming them, and counting what they consist of, cost the database
 * more than taking them in. They stay in their page as long as two have room in it, instead of in parts outside.
 */
const UNATTENDED = 'with (autovacuum_enabled = off, toast.autovacuum_enabled = off, toast_tuple_target = 4064)';

/**
 * Creates the partitions that hold the instants, where they are missing. Made beside the table and then attached,
 * because attaching, unlike creating in place, lets writers go on.
 */
export async function ensurePartitions(pg: Postgres, of: PartitionedTable, instants: readonly number[]): Promise<void> {
  const starts = new Set(instants.map((instant) => partitionStart(of, instant)));
  await pg.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '10s'`);
    await tx.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.metricPartitions]);
    const present = new Set(await listPartitions(tx, of));
    for (const start of starts) {
      if (present.has(start)) continue;
      const name = partitionName(of, start);
      const [from, to] = [start, partitionEnd(of, start)].map((instant) => new Date(instant).toISOString());
      const unique = of === HEAD ? '' : 'unique';
      const options = of === HEAD ? UNATTENDED : '';
      await tx.query(`create table ${name} (like ${of.table} including storage) ${options}`);
      await tx.query(`create ${unique} index ${name}_by_device on ${name} ${of.index}`);
      await tx.query(`alter table ${of.table} attach partition ${name} for values from ('${from}') to ('${to}')`);
    }
  });
}

/** Drops partitions; waits only briefly for readers and writers, since all others would wait behind it. */
export async function dropPartitions(pg: Postgres, of: PartitionedTable, starts: readonly number[]): Promise<void> {
  for (const start of starts) {
    await pg.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      await tx.query(`lock table only ${of.table} in access exclusive mode`);
      await tx.query(`drop table if exists ${partitionName(of, start)}`);
    });
  }
}

/** Drops the partitions that end at or before an instant; answers their starts. */
export async function expirePartitions(pg: Postgres, of: PartitionedTable, before: number): Promise<number[]> {
  const expired = (await listPartitions(pg, of)).filter((start) => partitionEnd(of, start) <= before);
  await dropPartitions(pg, of, expired);
  return expired;
}

/** Drops the partitions that hold nothing any more. */
export async function expireEmptyPartitions(pg: Postgres, of: PartitionedTable): Promise<void> {
  for (const start of await listPartitions(pg, of)) {
    const { rowCount } = await pg.query(`select 1 from ${partitionName(of, start)} limit 1`);
    if (rowCount === 0) await dropPartitions(pg, of, [start]);
  }
}
