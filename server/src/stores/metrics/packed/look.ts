import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { HEAD, startOfName } from './partitions.ts';

/** What was seen so short a time ago is taken for what is: less than any two processes agree on. */
export const LOOK_MS = 250;
/** A transaction that was long under way may finish an hour with an instant before our last look. */
export const LOOK_BACK_MS = 10 * 60_000;

/** How far the compactor is, at one instant. Epoch ms. */
export interface Look {
  /** By the database's clock. */
  readonly at: number;
  /** Start of the youngest packed hour, and of the youngest day that is rolled up. */
  readonly hour: number | null;
  readonly day: number | null;
  /** Hours whose polls lie in the head, ascending. */
  readonly head: readonly number[];
  /** Hours that were packed since shortly before the last look, each with a word for that time of packing. */
  readonly packed: readonly { readonly start: number; readonly finished: string }[];
  /** Whether any hour or day is there in the packed form. */
  readonly hasPacked: boolean;
}

interface Row {
  readonly now: Date;
  readonly hour: Date | null;
  readonly day: Date | null;
  readonly head: string[];
  readonly packed: { start: number; finished: string }[];
  readonly has_packed: boolean;
}

async function look(pg: Queryable, since: number | undefined): Promise<Look> {
  const { rows } = await pg.query<Row>(
    `select now() as now,
       (select max(start) from metric_compaction where tier = 'hour' and finished_at is not null) as hour,
       (select max(start) from metric_compaction where tier = 'day' and finished_at is not null) as day,
       array(select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = 'metric_head'::regclass) as head,
       (select coalesce(json_agg(json_build_object('start', extract(epoch from start) * 1000, 'finished', finished_at)), '[]')
        from metric_compaction where tier = 'hour' and finished_at > coalesce($1::timestamptz, now()) - interval '10 minutes') as packed,
       exists (select from pg_inherits where inhparent in ('metric_packed'::regclass, 'metric_packed_day'::regclass,
               'metric_rollup_5m_hour'::regclass, 'metric_rollup_5m'::regclass)) as has_packed`,
    [since === undefined ? null : new Date(since)],
    'metric-look',
  );
  const row = rows[0]!;
  const head = row.head.map((name) => startOfName(HEAD, name)).filter((start) => start !== undefined);
  return {
    at: row.now.getTime(),
    hour: row.hour?.getTime() ?? null,
    day: row.day?.getTime() ?? null,
    head: head.toSorted((a, b) => a - b),
    packed: row.packed,
    hasPacked: row.has_packed,
  };
}

/** Looks how far the compactor is, once for all who ask within a moment. */
export interface Looks {
  now(): Promise<Look>;
  /** Hears of every look, before whoever asked for it. */
  onLook(listener: (look: Look) => void): void;
  /** The next one who asks has it looked at anew: something was done here that changes it. */
  forget(): void;
}

export function createLooks(pg: Postgres, clock: Clock): Looks {
  const listeners: ((look: Look) => void)[] = [];
  const recent = createRecent<Look>(clock, { ms: LOOK_MS, max: 1 });
  let lookedAt: number | undefined;

  async function lookAnew(): Promise<Look> {
    const found = await look(pg, lookedAt);
    lookedAt = Math.max(lookedAt ?? 0, found.at);
    for (const listener of listeners) listener(found);
    return found;
  }

  return {
    now: () => recent.get('look', lookAnew),
    onLook: (listener) => void listeners.push(listener),
    forget: recent.forget,
  };
}
