import type { Queryable } from '#stores/postgres/postgres.ts';

/** Hours that are packed, days that are rolled up, and days that are made of their hours. */
export type Tier = 'hour' | 'day' | 'merge';

/** How far one hour, or one day, is. */
export interface Progress {
  readonly doneDevice: number;
  readonly polls: number;
}

/** Opens the work on a start, or goes on with it; one that was finished begins anew, because late rows have come. */
export async function openProgress(pg: Queryable, tier: Tier, start: number): Promise<Progress> {
  const { rows } = await pg.query<Progress>(
    `insert into metric_compaction as c (tier, start) values ($1, $2)
     on conflict (tier, start) do update set
       done_device = case when c.finished_at is null then c.done_device else 0 end,
       polls = case when c.finished_at is null then c.polls else 0 end,
       finished_at = null
     returning done_device as "doneDevice", polls`,
    [tier, new Date(start)],
  );
  return rows[0] ?? { doneDevice: 0, polls: 0 };
}

/** Notes what is done, in the transaction that does it. */
export async function saveProgress(tx: Queryable, tier: Tier, start: number, progress: Progress): Promise<void> {
  await tx.query('update metric_compaction set done_device = $3, polls = $4 where tier = $1 and start = $2', [
    tier,
    new Date(start),
    progress.doneDevice,
    progress.polls,
  ]);
}

/** Rows have come for a day whose hours are being merged: it begins anew. */
export async function restartMerge(tx: Queryable, day: number): Promise<void> {
  await tx.query(`delete from metric_compaction where tier = 'merge' and start = $1`, [new Date(day)]);
}

/** Notes that a start is finished. */
export async function finishProgress(tx: Queryable, tier: Tier, start: number): Promise<void> {
  await tx.query('update metric_compaction set finished_at = now() where tier = $1 and start = $2', [
    tier,
    new Date(start),
  ]);
}

/** Whether work on a start has begun: then what hangs on it must be mended when something before it changes. */
export async function isBegun(pg: Queryable, tier: Tier, start: number): Promise<boolean> {
  const { rowCount } = await pg.query('select 1 from metric_compaction where tier = $1 and start = $2', [
    tier,
    new Date(start),
  ]);
  return rowCount > 0;
}

/** Days that end at or before an instant, have finished hours, and are not rolled up themselves. */
export async function daysToRoll(pg: Queryable, before: number): Promise<number[]> {
  const { rows } = await pg.query<{ day: Date }>(
    `select distinct date_trunc('day', h.start, 'UTC') as day from metric_compaction h
     where h.tier = 'hour' and h.finished_at is not null and h.start < $1
       and not exists (select 1 from metric_compaction d where d.tier = 'day' and d.finished_at is not null
                         and d.start = date_trunc('day', h.start, 'UTC'))
     order by day`,
    [new Date(before)],
  );
  return rows.map((row) => row.day.getTime());
}
