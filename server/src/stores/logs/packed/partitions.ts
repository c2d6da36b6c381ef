import type { Postgres } from '#stores/postgres/postgres.ts';
import { ADVISORY_LOCKS } from '#stores/postgres/locks.ts';

export const DAY_MS = 86_400_000;

/** The lines of one class and UTC day. */
export interface LogPartition {
  readonly class: number;
  /** Epoch ms. */
  readonly day: number;
}

export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS) * DAY_MS;
}

/** `log_block_3_20261123`. */
export function partitionName({ class: number, day }: LogPartition): string {
  return `log_block_${number}_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

export interface PartitionUsage extends LogPartition {
  readonly bytes: number;
}

/** All partitions that there are, with what they take on disk. */
export async function listPartitions(pg: Pick<Postgres, 'query'>): Promise<PartitionUsage[]> {
  const { rows } = await pg.query<{ name: string; bytes: number }>(
    `select c.relname as name, pg_total_relation_size(c.oid) as bytes
     from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'log_block'::regclass`,
  );
  return rows.flatMap(({ name, bytes }) => {
    const [, number, year, month, day] = /^log_block_(\d)_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    if (number === undefined) return [];
    return [{ class: Number(number), day: Date.UTC(Number(year), Number(month) - 1, Number(day)), bytes }];
  });
}

/** Creates partitions where they are missing: beside the table and then attached, because attaching lets writers go on. */
export async function ensurePartitions(pg: Postgres, wanted: readonly LogPartition[]): Promise<void> {
  await pg.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '10s'`);
    await tx.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.logPartitions]);
    const present = new Set((await listPartitions(tx as Postgres)).map(partitionName));
    for (const one of wanted) {
      const name = partitionName(one);
      if (present.has(name)) continue;
      present.add(name);
      const [from, to] = [one.day, one.day + DAY_MS].map((instant) => new Date(instant).toISOString());
      await tx.query(
        `create table ${name} (like log_block including defaults including constraints including storage)`,
      );
      await tx.query(
        `alter table log_block attach partition ${name} for values from (${one.class}, '${from}') to (${one.class}, '${to}')`,
      );
    }
  });
}

/** Drops a partition; waits only briefly for readers and writers, since all others would wait behind it. */
export async function dropPartition(pg: Postgres, partition: LogPartition): Promise<void> {
  await pg.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '2s'`);
    await tx.query(`drop table if exists ${partitionName(partition)}`);
  });
}
