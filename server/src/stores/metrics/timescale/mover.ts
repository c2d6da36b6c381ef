import { emptyBuckets } from '#stores/metrics/aggregate.ts';
import type { StoredSeries } from '#stores/metrics/metrics.ts';
import type { Catalogue, StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import {
  DAY_MS,
  HOUR_MS,
  PACKED,
  PACKED_DAYS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  expireEmptyPartitions,
  expirePartitions,
  listPartitions,
} from '#stores/metrics/packed/partitions.ts';
import type { KnownLayout } from '#stores/metrics/packed/rollup.ts';
import { createPackedTail } from '#stores/metrics/packed/tail.ts';
import { mergePolls } from '#stores/metrics/packed/timeline.ts';
import { ADVISORY_LOCKS } from '#stores/postgres/locks.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { sumUpHours } from './hours.ts';
import { hasHour, insertSpans, replacePolls } from './write.ts';
import type { LayoutPolls } from './write.ts';

const FORMS = [PACKED, PACKED_DAYS, ROLLUP_5M_HOURS, ROLLUP_5M];
const SPAN_MS = HOUR_MS / 12;
const packedTail = createPackedTail();

/** What is moved so far by one call. */
export interface Moved {
  readonly days: number;
  readonly devices: number;
}

export interface MoveOptions {
  readonly deadline: number;
  /** Waits for another process that moves. */
  readonly patient?: boolean;
  /** Hears of every day that is done. */
  readonly tell?: (moved: Moved, day: number) => void;
}

export interface Mover {
  /** Whether anything packed is left. */
  isNeeded(): Promise<boolean>;
  /**
   * Moves what is packed into the hypertables, oldest day first, a device's day in one transaction: what it is stopped in
   * is gone on with by the next call. Stops at the deadline (of `performance.now()`), or when aborted. Does nothing while
   * another process is at it, unless it is patient.
   */
  run(how: MoveOptions, signal?: AbortSignal): Promise<Moved>;
}

export interface MoverDeps {
  readonly pg: Postgres;
  readonly catalogue: Catalogue;
  readonly layoutsOf: (deviceIds: readonly number[]) => Promise<KnownLayout[]>;
}

/** A place of a series for its roll-ups, which are found by all of them: in the last of the layouts. */
function placeOf(
  seriesId: number,
  layouts: readonly StoredLayout[],
): { layoutId: number; position: number } | undefined {
  const layout = layouts.findLast(({ series }) => series.includes(seriesId));
  return layout && { layoutId: layout.id, position: layout.series.indexOf(seriesId) };
}

const midnight = (instant: number) => Math.floor(instant / DAY_MS) * DAY_MS;

export function createMover({ pg, catalogue, layoutsOf }: MoverDeps): Mover {
  async function nextDay(): Promise<{ day: number; deviceIds: number[] } | undefined> {
    const parts = FORMS.map(({ table }) => `select device_id, start from ${table}`).join(' union all ');
    const { rows } = await pg.query<{ start: Date | null }>(`select min(start) as start from (${parts}) p`);
    const first = rows[0]?.start?.getTime();
    if (first === undefined) return undefined;
    const day = midnight(first);
    const devices = await pg.query<{ id: number }>(
      `select distinct device_id as id from (${parts}) p where start >= $1 and start < $2 order by id`,
      [new Date(day), new Date(day + DAY_MS)],
    );
    return { day, deviceIds: devices.rows.map((row) => row.id) };
  }

  async function moveDay(deviceId: number, day: number): Promise<void> {
    const span = { start: day, end: day + DAY_MS };
    const layouts = await layoutsOf([deviceId]);
    const series: StoredSeries[] = await catalogue.series({ deviceIds: [deviceId], limit: 1_000_000 });
    const ids = new Set(series.map((one) => one.id));
    const blocks = (await packedTail.polls(pg, layouts, ids, { from: span.start, to: span.end })).get(deviceId) ?? [];
    const polls: LayoutPolls[] = layouts.flatMap((layout) => {
      const own = blocks.filter((block) => block.layoutId === layout.id);
      return own.length === 0 ? [] : [{ layout, polls: mergePolls(own, layout.series.length) }];
    });
    const buckets = new Map(series.map((one) => [one, emptyBuckets(day, SPAN_MS, DAY_MS / SPAN_MS, one.kind)]));
    const addSpans = await packedTail.readSpans(pg, '5m', { from: span.start, to: span.end }, layouts, buckets, false);
    addSpans();
    const spans = [...buckets].flatMap(([one, found]) => {
      const place = placeOf(one.id, [...layouts, ...polls.map(({ layout }) => layout)]);
      return place ? [{ ...place, spans: found }] : [];
    });
    await pg.transaction(async (tx) => {
      for (const { table } of [...FORMS, ROLLUP_1H]) {
        await tx.query(`delete from ${table} where device_id = $1 and start >= $2 and start < $3`, [
          deviceId,
          new Date(span.start),
          new Date(span.end),
        ]);
      }
      // Hours of this day that closed since are in the hypertables already: polls are put together with them.
      const isFirst = !(await hasHour(tx, span, [deviceId]));
      await replacePolls(tx, span, [deviceId], polls, isFirst ? 'first' : 'beside');
      await insertSpans(tx, spans, isFirst);
    });
  }

  return {
    async isNeeded() {
      for (const form of FORMS) if ((await listPartitions(pg, form)).length > 0) return true;
      return false;
    },
    async run(how, signal) {
      const session = await pg.session({ patient: true });
      try {
        const lock = how.patient ? 'pg_advisory_lock' : 'pg_try_advisory_lock';
        const { rows } = await session.query<{ got: boolean | null }>(
          `select ${lock}($1)::text is distinct from 'false' as got`,
          [ADVISORY_LOCKS.metricMove],
        );
        return rows[0]?.got ? await moveAll(how, signal) : { days: 0, devices: 0 };
      } finally {
        await session.close();
      }
    },
  };

  async function moveAll({ deadline, tell }: MoveOptions, signal?: AbortSignal): Promise<Moved> {
    let moved: Moved = { days: 0, devices: 0 };
    for (;;) {
      const next = await nextDay();
      if (!next) break;
      for (const deviceId of next.deviceIds) {
        if (signal?.aborted || performance.now() > deadline) return moved;
        await moveDay(deviceId, next.day);
        moved = { ...moved, devices: moved.devices + 1 };
      }
      moved = { ...moved, days: moved.days + 1 };
      tell?.(moved, next.day);
    }
    // As long as anything is packed hours are read from the spans of five minutes.
    const { rows } = await pg.query<{ from: Date | null }>('select min(hour) as "from" from metric_ts_span_5m');
    const from = rows[0]?.from?.getTime();
    if (from !== undefined) await sumUpHours(pg, from);
    for (const form of [...FORMS, ROLLUP_1H]) await expireEmptyPartitions(pg, form);
    // Days are summed up of hours here.
    await expirePartitions(pg, ROLLUP_1D, Infinity);
    return moved;
  }
}
