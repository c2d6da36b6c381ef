import { createHash } from 'node:crypto';
import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { findOutdated, forkSeries, joinSeries, relabelSeries } from './relabel.ts';
import type { LabelMove, Layout, PollRow, SeriesFilter, SeriesSpec, StoredSeries } from '#stores/metrics/metrics.ts';

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

const digest = (text: string) => createHash('md5').update(text).digest('hex');

/** The same for the same metric, labels in whatever order, unit and kind. */
function identityOf(spec: SeriesSpec): string {
  const labels = Object.entries(spec.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([spec.metric, labels, spec.unit, spec.kind]);
}

const keyOf = (spec: SeriesSpec): string => digest(identityOf(spec));

interface LayoutKeys {
  readonly key: string;
  /** Keys of the series; made only for a layout that is new, because a digest each is what costs. */
  readonly series: () => readonly string[];
}

interface StoredKey {
  readonly id: number;
  readonly device_id: number;
  readonly key: string;
}

/** Series of a batch of new layouts are created so many at a time. */
const SERIES_PER_STATEMENT = 5_000;
/** Of so many devices it pays to go through all their series for those of a metric. */
const FEW_DEVICES = 8;

export function createCatalogue(pg: Postgres): Catalogue {
  // By device first, so that a removed device can be forgotten; by identity of the layout then, so that a poll whose
  // shape did not change costs two look-ups and no hashing.
  const known = new Map<number, WeakMap<Layout, number>>();
  const keys = new WeakMap<Layout, LayoutKeys>();
  const listeners: ((how: 'made' | 'moved') => void)[] = [];
  const tell = (how: 'made' | 'moved') => {
    for (const listener of listeners) listener(how);
  };

  function keysOf(layout: Layout): LayoutKeys {
    let found = keys.get(layout);
    if (!found) {
      const identities = layout.series.map(identityOf);
      let series: string[] | undefined;
      found = { key: digest(identities.join()), series: () => (series ??= identities.map(digest)) };
      keys.set(layout, found);
    }
    return found;
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
      [wanted.map((row) => row.deviceId), wanted.map((row) => keysOf(row.layout).key), wanted.map((row) => row.at)],
    );
    for (const { n, id, retired } of rows) {
      const row = wanted[n];
      if (!row) continue;
      found.set(row, id);
      if (retired) continue;
      let layouts = known.get(row.deviceId);
      if (!layouts) known.set(row.deviceId, (layouts = new WeakMap()));
      layouts.set(row.layout, id);
    }
    return wanted.filter((row) => !found.has(row));
  }

  /** Ids of series by `device key`; creates those that are new. Sorted, so that two writers never wait for each other. */
  async function ensureSeries(rows: readonly PollRow[]): Promise<Map<string, number>> {
    const wanted = new Map<string, { deviceId: number; key: string; spec: SeriesSpec }>();
    for (const row of rows) {
      for (const [i, key] of keysOf(row.layout).series().entries()) {
        const spec = row.layout.series[i];
        if (spec) wanted.set(`${row.deviceId} ${key}`, { deviceId: row.deviceId, key, spec });
      }
    }
    const all = [...wanted.values()].toSorted((a, b) => a.deviceId - b.deviceId || (a.key < b.key ? -1 : 1));
    const ids = new Map<string, number>();
    for (let start = 0; start < all.length; start += SERIES_PER_STATEMENT) {
      const part = all.slice(start, start + SERIES_PER_STATEMENT);
      const identity = [part.map((s) => s.deviceId), part.map((s) => s.key)];
      const created = await pg.query<StoredKey>(
        `insert into metric_series (device_id, key, metric, labels, unit, kind)
         select * from unnest($1::int[], $2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::text[])
         on conflict (device_id, key) do nothing
         returning id, device_id, replace(key::text, '-', '') as key`,
        [
          ...identity,
          part.map((s) => s.spec.metric),
          part.map((s) => JSON.stringify(s.spec.labels)),
          part.map((s) => s.spec.unit),
          part.map((s) => s.spec.kind),
        ],
      );
      for (const row of created.rows) ids.set(`${row.device_id} ${row.key}`, row.id);
      if (created.rowCount === part.length) continue;
      const { rows: stored } = await pg.query<StoredKey>(
        `select s.id, s.device_id, replace(s.key::text, '-', '') as key
         from unnest($1::int[], $2::uuid[]) as w (device_id, key)
         join metric_series s on s.device_id = w.device_id and s.key = w.key`,
        identity,
      );
      for (const row of stored) ids.set(`${row.device_id} ${row.key}`, row.id);
    }
    return ids;
  }

  async function createLayouts(rows: readonly PollRow[]): Promise<void> {
    const ids = await ensureSeries(rows);
    const unique = new Map(rows.map((row) => [`${row.deviceId} ${keysOf(row.layout).key}`, row]));
    const ordered = [...unique.values()].toSorted((a, b) => a.deviceId - b.deviceId);
    await pg.query(
      `insert into metric_layout (device_id, key, series)
       select device_id, key, series::int[] from unnest($1::int[], $2::uuid[], $3::text[]) as t (device_id, key, series)
       on conflict (device_id, key) do nothing`,
      [
        ordered.map((row) => row.deviceId),
        ordered.map((row) => keysOf(row.layout).key),
        ordered.map(
          (row) =>
            `{${keysOf(row.layout)
              .series()
              .map((key) => ids.get(`${row.deviceId} ${key}`))
              .join()}}`,
        ),
      ],
    );
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
          await createLayouts(created);
          tell('made');
          await findLayouts(created, found);
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
