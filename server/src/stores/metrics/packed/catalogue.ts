import type { SeriesKind } from '@sotp/contract/metrics.ts';
import { AppError } from '#platform/errors.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createLayoutMaker } from './layout-maker.ts';
import { layoutKey, seriesKey as keyOf } from './series-keys.ts';
import { findOutdated, forkSeries, joinSeries, relabelSeries } from './relabel.ts';
import type { LabelMove, Layout, PollRow, SeriesFilter, StoredSeries } from '#stores/metrics/metrics.ts';

/** Which series a layout has, by position. */
export interface StoredLayout {
  readonly id: number;
  readonly deviceId: number;
  readonly series: readonly number[];
}

export interface Catalogue {
  /**
   * Ids of the rows' layouts, parallel to `rows`; creates series and layouts that are new. 0 for a row whose labels nobody
   * can read any more: it is from before a relabelling, and its layout was not known then.
   */
  resolve(rows: readonly PollRow[]): Promise<Int32Array>;
  series(filter: SeriesFilter): Promise<StoredSeries[]>;
  layoutsOf(deviceIds: readonly number[]): Promise<StoredLayout[]>;
  /** Kinds of all series of the devices, by series id. */
  kindsOf(deviceIds: readonly number[]): Promise<Map<number, SeriesKind>>;
  /** See `MetricStore`. */
  relabel(deviceId: number, at: number, moves: readonly LabelMove[]): Promise<void>;
  fork(deviceId: number, since: number, move: LabelMove): Promise<void>;
  join(deviceId: number, at: number, move: LabelMove): Promise<void>;
  removeDevice(deviceId: number): Promise<void>;
  /** Hears when this process has made layouts, and when what there was now means other series. */
  onChange(listener: (how: 'made' | 'moved') => void): void;
}

/** Of so many devices it pays to go through all their series for those of a metric. */
const FEW_DEVICES = 8;

export function createCatalogue(pg: Postgres): Catalogue {
  // By device first, so that a removed device can be forgotten; by identity of the layout then, so that a poll whose
  // shape did not change costs two look-ups and no hashing.
  const known = new Map<number, WeakMap<Layout, number>>();
  const maker = createLayoutMaker(pg);
  const listeners: ((how: 'made' | 'moved') => void)[] = [];
  const tell = (how: 'made' | 'moved') => {
    for (const listener of listeners) listener(how);
  };

  function note({ deviceId, layout }: PollRow, id: number): void {
    let layouts = known.get(deviceId);
    if (!layouts) known.set(deviceId, (layouts = new WeakMap()));
    layouts.set(layout, id);
  }

  /**
   * Notes the ids of layouts that are there, and answers the rows whose layout is not. A row from before a relabelling
   * finds the layout that meant its labels then; that is remembered for this row alone.
   */
  async function findLayouts(wanted: readonly PollRow[], found: Map<PollRow, number>): Promise<PollRow[]> {
    const { rows } = await pg.query<{ n: number; id: number; retired: boolean }>(
      `select w.n - 1 as n, l.id, l.retired_at is not null as retired
       from unnest($1::int[], $2::uuid[], $3::float8[]) with ordinality as w (device_id, key, at, n)
       join lateral (
         select id, retired_at from metric_layout l where l.device_id = w.device_id
           and (l.key = w.key or (l.retired_key = w.key and to_timestamp(w.at / 1000) < l.retired_at))
         order by l.retired_at nulls last limit 1) l on true`,
      [wanted.map((row) => row.deviceId), wanted.map((row) => layoutKey(row.layout)), wanted.map((row) => row.at)],
    );
    for (const { n, id, retired } of rows) {
      const row = wanted[n];
      if (!row) continue;
      found.set(row, id);
      if (!retired) note(row, id);
    }
    return wanted.filter((row) => !found.has(row));
  }

  const idOf = (row: PollRow) => known.get(row.deviceId)?.get(row.layout);

  return {
    async resolve(rows) {
      const found = new Map<PollRow, number>();
      const missing = rows.filter((row) => idOf(row) === undefined);
      if (missing.length > 0) {
        const unknown = await findLayouts(missing, found);
        const outdated = unknown.length > 0 ? await findOutdated(pg, unknown) : new Set();
        const created = unknown.filter((row) => !outdated.has(row));
        if (created.length > 0) {
          const made = await maker.make(created);
          for (const [row, id] of made) note(row, id);
          tell('made');
          const left = created.filter((row) => !made.has(row));
          const unmade = left.length > 0 ? await findLayouts(left, found) : [];
          if (unmade.length > 0) {
            const sentence = `The series of device ${unmade[0]?.deviceId} were changed while a poll of it was stored.`;
            throw new AppError('conflict', sentence, { retryable: true });
          }
        }
      }
      return Int32Array.from(rows, (row) => idOf(row) ?? found.get(row) ?? 0);
    },
    async series(filter) {
      const params: unknown[] = [];
      const bind = (value: unknown) => `$${params.push(value)}`;
      const { deviceIds, metric, labels } = filter;
      // The series of a few devices are found by their index: in the order of ids, or by a metric, those of all would be read.
      const few = deviceIds !== undefined && deviceIds.length <= FEW_DEVICES;
      const id = few ? 'id + 0' : 'id';
      const where = [`${id} > ${bind(filter.after ?? 0)}::int8`];
      if (deviceIds) where.push(`device_id = any(${bind(deviceIds)}::int8[])`);
      // What is of no device is the canary's.
      else where.push('device_id > 0');
      if (metric !== undefined) where.push(`${few ? `metric || ''` : 'metric'} = ${bind(metric)}`);
      if (labels) where.push(`labels @> ${bind(JSON.stringify(labels))}::jsonb`);
      const { rows } = await pg.query<StoredSeries>(
        `select id, device_id as "deviceId", metric, labels, unit, kind from metric_series
         where ${where.join(' and ')} order by ${id} limit ${bind(filter.limit)}`,
        params,
        few ? `series-of-few-${metric === undefined ? 0 : 1}${labels ? 1 : 0}` : undefined,
      );
      return rows;
    },
    async layoutsOf(deviceIds) {
      const { rows } = await pg.query<StoredLayout>(
        'select id, device_id as "deviceId", series from metric_layout where device_id = any($1::int[]) order by id',
        [deviceIds],
        'layouts-of',
      );
      return rows;
    },
    async kindsOf(deviceIds) {
      const { rows } = await pg.query<{ id: number; kind: SeriesKind }>(
        'select id, kind from metric_series where device_id = any($1::int[])',
        [deviceIds],
      );
      return new Map(rows.map((row) => [row.id, row.kind]));
    },
    async relabel(deviceId, at, moves) {
      // Another process may have moved labels since this one last polled the device.
      known.delete(deviceId);
      if (moves.length > 0) await relabelSeries(pg, keyOf, deviceId, at, moves);
      if (moves.length > 0) tell('moved');
    },
    async fork(deviceId, since, move) {
      await forkSeries(pg, keyOf, deviceId, since, move);
      tell('moved');
    },
    async join(deviceId, at, move) {
      await joinSeries(pg, keyOf, deviceId, at, move);
      tell('moved');
    },
    async removeDevice(deviceId) {
      known.delete(deviceId);
      await pg.transaction(async (tx) => {
        await tx.query('delete from metric_layout where device_id = $1', [deviceId]);
        await tx.query('delete from metric_series where device_id = $1', [deviceId]);
        await tx.query('delete from metric_relabel where device_id = $1', [deviceId]);
      });
      tell('moved');
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
