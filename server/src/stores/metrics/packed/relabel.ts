import type { Labels, SeriesKind } from '@sotp/contract/metrics.ts';
import { AppError } from '#platform/errors.ts';
import type { LabelMove, PollRow } from '#stores/metrics/metrics.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';

interface SeriesRow {
  readonly id: number;
  readonly metric: string;
  readonly labels: Labels;
  readonly unit: string | null;
  readonly kind: SeriesKind;
}

/** Digest of a series' identity, as the catalogue keeps it. */
export type KeyOf = (series: Omit<SeriesRow, 'id'>) => string;

/** The label of series whose port is no longer there, when another one has their other labels now. */
const ASIDE = 'removed';
const isAside = (labels: Labels) => labels[ASIDE] !== undefined;

const has = (labels: Labels, part: Labels) =>
  Object.entries(part).every(([name, value]) => labels[name] === value) && isAside(labels) === isAside(part);

function replaced(labels: Labels, { from, to }: LabelMove): Labels {
  const rest = Object.entries(labels).filter(([name]) => !(name in from));
  return { ...Object.fromEntries(rest), ...to };
}

/** The port that a series names, as one text. */
const portOf = ({ interface: name, ifIndex }: Labels) => JSON.stringify([name, ifIndex]);

async function seriesOf(tx: Queryable, deviceId: number): Promise<SeriesRow[]> {
  const { rows } = await tx.query<SeriesRow>(
    `select id, metric, labels, unit, kind from metric_series where device_id = $1 and labels ? 'ifIndex' order by id for update`,
    [deviceId],
  );
  return rows;
}

/** Gives series their labels; what else had the same ones is set aside, never mixed in. */
async function writeLabels(
  tx: Queryable,
  deviceId: number,
  at: number,
  changed: readonly SeriesRow[],
  keyOf: KeyOf,
): Promise<void> {
  const ids = changed.map(({ id }) => id);
  const keys = changed.map(keyOf);
  // In two steps: for a moment two of them may have the same.
  await tx.query('update metric_series set key = gen_random_uuid() where id = any($1::int[])', [ids]);
  await tx.query(
    `update metric_series set key = gen_random_uuid(), labels = labels || jsonb_build_object('${ASIDE}', $3::text)
     where device_id = $1 and key = any($2::uuid[])`,
    [deviceId, keys, new Date(at).toISOString()],
  );
  await tx.query(
    `update metric_series s set key = t.key, labels = t.labels
     from unnest($1::int[], $2::uuid[], $3::jsonb[]) as t (id, key, labels) where s.id = t.id`,
    [ids, keys, changed.map(({ labels }) => JSON.stringify(labels))],
  );
}

/**
 * Layouts that name moved series are found by polls from before `at` only. One whose every port still exists says after
 * it what it said before, about others: a poll at that very instant means the new ones.
 */
async function retireLayouts(
  tx: Queryable,
  deviceId: number,
  at: number,
  before: readonly SeriesRow[],
  after: ReadonlyMap<number, Labels>,
): Promise<void> {
  const { rows } = await tx.query<{ id: number; series: number[] }>(
    'select id, series from metric_layout where device_id = $1 and retired_at is null and series && $2::int[]',
    [deviceId, [...after.keys()]],
  );
  const ports = new Map(before.map(({ id, labels }) => [id, portOf(labels)]));
  const now = before.map(({ id, labels }) => after.get(id) ?? labels).filter((labels) => !isAside(labels));
  const current = new Set(now.map(portOf));
  const ends = rows.map(({ series }) => {
    const stale = series.some((id) => ports.has(id) && !current.has(ports.get(id) ?? ''));
    return stale ? at + 1 : at;
  });
  await tx.query(
    `update metric_layout l set retired_at = to_timestamp(t.at / 1000), retired_key = l.key, key = gen_random_uuid()
     from unnest($1::int[], $2::float8[]) as t (id, at) where l.id = t.id`,
    [rows.map(({ id }) => id), ends],
  );
}

/** Moves labels; see `MetricStore.relabel`. False when this reading was applied before. */
export function relabelSeries(
  pg: Postgres,
  keyOf: KeyOf,
  deviceId: number,
  at: number,
  moves: readonly LabelMove[],
): Promise<boolean> {
  return pg.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      `insert into metric_relabel (device_id, at) values ($1, to_timestamp($2::float8 / 1000)) on conflict do nothing`,
      [deviceId, at],
    );
    if (rowCount === 0) return false;
    const all = await seriesOf(tx, deviceId);
    const changed = all.flatMap((series) => {
      const move = moves.find(({ from }) => has(series.labels, from));
      return move ? [{ ...series, labels: replaced(series.labels, move) }] : [];
    });
    if (changed.length === 0) return true;
    await retireLayouts(tx, deviceId, at, all, new Map(changed.map(({ id, labels }) => [id, labels])));
    await writeLabels(tx, deviceId, at, changed, keyOf);
    return true;
  });
}

/** Parts a history in two; see `MetricStore.fork`. */
export function forkSeries(
  pg: Postgres,
  keyOf: KeyOf,
  deviceId: number,
  since: number,
  { from, to }: LabelMove,
): Promise<void> {
  return pg.transaction(async (tx) => {
    const old = (await seriesOf(tx, deviceId)).filter(({ labels }) => has(labels, from));
    if (old.length === 0) return;
    const aside = old.map((series) => ({ ...series, labels: replaced(series.labels, { from, to }) }));
    await writeLabels(tx, deviceId, since, aside, keyOf);
    for (const { id, metric, labels, unit, kind } of old) {
      const { rows } = await tx.query<{ id: number }>(
        `insert into metric_series (device_id, key, metric, labels, unit, kind) values ($1, $2, $3, $4, $5, $6) returning id`,
        [deviceId, keyOf({ metric, labels, unit, kind }), metric, JSON.stringify(labels), unit, kind],
      );
      // The decision retired all layouts that named the port: what is not retired by then came after it.
      await tx.query(
        `update metric_layout set series = array_replace(series, $2, $3)
         where device_id = $1 and $2 = any(series) and (retired_at is null or retired_at > to_timestamp($4::float8 / 1000))`,
        [deviceId, id, rows[0]?.id, since + 1],
      );
    }
  });
}

/** Makes one history of two; see `MetricStore.join`. */
export function joinSeries(
  pg: Postgres,
  keyOf: KeyOf,
  deviceId: number,
  at: number,
  { from, to }: LabelMove,
): Promise<void> {
  return pg.transaction(async (tx) => {
    const all = await seriesOf(tx, deviceId);
    const young = all.filter(({ labels }) => has(labels, to));
    const old = all.filter(({ labels }) => has(labels, from));
    const doubles: number[] = [];
    for (const { id, metric, unit, kind } of young) {
      const same = old.find((one) => one.metric === metric && one.unit === unit && one.kind === kind);
      if (!same) continue;
      const { rowCount } = await tx.query(
        'select 1 from metric_layout where device_id = $1 and series @> array[$2, $3]::int[] limit 1',
        [deviceId, id, same.id],
      );
      if (rowCount > 0) {
        throw new AppError('conflict', 'Both ports were measured at the same time: they are two, and stay two.');
      }
      await tx.query(
        'update metric_layout set series = array_replace(series, $2, $3) where device_id = $1 and $2 = any(series)',
        [deviceId, id, same.id],
      );
      doubles.push(id);
    }
    await tx.query('delete from metric_series where id = any($1::int[])', [doubles]);
    const changed = old.map((series) => ({ ...series, labels: replaced(series.labels, { from, to }) }));
    if (changed.length > 0) await writeLabels(tx, deviceId, at, changed, keyOf);
  });
}

/** Rows about ports from before the last relabelling of their device. */
export async function findOutdated(pg: Postgres, rows: readonly PollRow[]): Promise<Set<PollRow>> {
  const { rows: last } = await pg.query<{ deviceId: number; at: number }>(
    `select device_id as "deviceId", round(extract(epoch from max(at)) * 1000)::float8 as at from metric_relabel
     where device_id = any($1::int[]) group by device_id`,
    [[...new Set(rows.map((row) => row.deviceId))]],
  );
  const instants = new Map(last.map(({ deviceId, at }) => [deviceId, at]));
  const isOutdated = ({ deviceId, at, layout }: PollRow) =>
    at < (instants.get(deviceId) ?? Number.NEGATIVE_INFINITY) &&
    layout.series.some(({ labels }) => labels['ifIndex'] !== undefined);
  return new Set(rows.filter(isOutdated));
}
