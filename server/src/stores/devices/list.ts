import { z } from 'zod';
import type { DeviceQuery, DeviceStatus } from '@sotp/contract/devices.ts';
import { AppError } from '#platform/errors.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { DeviceScope, StoredDevice } from './devices.ts';
import { DEVICE_COLUMNS, SET_APART, VISIBLE_STATUS, toDevice } from './rows.ts';
import type { DeviceRow } from './rows.ts';

interface SortKey {
  /** As indexed, where it is. */
  readonly sql: string;
  readonly type: 'text' | 'boolean' | 'int8' | 'timestamptz';
}

const text = (column: string): SortKey[] => [
  // What is not known comes last.
  { sql: `(d.${column} is null)`, type: 'boolean' },
  { sql: `(lower(coalesce(d.${column}, '')) collate "C")`, type: 'text' },
];
const byName: SortKey = { sql: 'd.name_key', type: 'text' };

/** Worst first. */
const STATUS_RANK = `array_position(array['down', 'degraded', 'unknown', 'maintenance', 'up', 'disabled'], ${VISIBLE_STATUS})`;

/** What each sort compares; the id comes behind, so that the order is total. */
const SORTS: Record<DeviceQuery['sort'], readonly SortKey[]> = {
  name: [byName],
  address: [{ sql: 'd.address_key', type: 'text' }],
  status: [{ sql: STATUS_RANK, type: 'int8' }, byName],
  vendor: text('vendor'),
  model: text('model'),
  site: text('site'),
  lastSeenAt: [{ sql: `coalesce(s.last_seen_at, '-infinity')`, type: 'timestamptz' }],
  createdAt: [{ sql: 'd.created_at', type: 'timestamptz' }],
};

const Cursor = z.tuple([z.string(), z.string(), z.array(z.string()).max(4), z.number().int().min(0)]);

function readCursor(cursor: string, query: DeviceQuery): { keys: string[]; id: number } {
  try {
    const [sort, order, keys, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (sort === query.sort && order === query.order && keys.length === SORTS[query.sort].length) return { keys, id };
  } catch {
    // Told below.
  }
  throw new AppError('bad_request', 'The cursor does not belong to this list: ask for the first page again.');
}

/** `%`, `_` and `\` are characters like any other to who searches. */
const likePattern = (term: string) => `%${term.replace(/[\\%_]/g, '\\$&')}%`;

/** What a visible status implies about single columns, so that an index finds the few devices that have it. */
function implied(status: DeviceStatus): string[] {
  if (status === 'disabled' || status === 'maintenance') return [SET_APART];
  return status === 'unknown' ? [] : [`s.status = '${status}'`];
}

/** WHERE conditions of a query, with their parameters pushed to `params`. */
function conditions(query: DeviceQuery, scope: DeviceScope, params: unknown[]): string[] {
  const where: string[] = [];
  const bind = (value: unknown) => `$${params.push(value)}`;
  if (scope.sites) where.push(`d.site = any(${bind(scope.sites)}::text[])`);
  if (query.site !== undefined) where.push(`d.site = ${bind(query.site)}`);
  if (query.tag !== undefined) where.push(`d.tags @> array[${bind(query.tag)}]::text[]`);
  if (query.vendor !== undefined) {
    where.push(
      `d.vendor is not null and lower(coalesce(d.vendor, '')) collate "C" = ${bind(query.vendor.toLowerCase())}`,
    );
  }
  if (query.status !== undefined) where.push(`${VISIBLE_STATUS} = ${bind(query.status)}`, ...implied(query.status));
  for (const term of (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
    where.push(`d.search like ${bind(likePattern(term))}`);
  }
  return where;
}

/**
 * One page of devices in the asked order. Pages by key, not by offset: the 1,000th page costs what the first does, and
 * devices that come or go meanwhile neither repeat nor hide others.
 */
export async function listDevices(
  pg: Postgres,
  query: DeviceQuery,
  scope: DeviceScope,
): Promise<{ items: StoredDevice[]; nextCursor: string | null }> {
  const params: unknown[] = [];
  const where = conditions(query, scope, params);
  const keys = SORTS[query.sort];
  const order = query.order === 'desc' ? 'desc' : 'asc';
  if (query.cursor !== undefined) {
    const cursor = readCursor(query.cursor, query);
    const values = cursor.keys.map((value, i) => `$${params.push(value)}::text::${keys[i]?.type}`);
    const left = [...keys.map((key) => key.sql), 'd.id'].join(', ');
    where.push(`(${left}) ${order === 'asc' ? '>' : '<'} (${values.join(', ')}, $${params.push(cursor.id)}::int)`);
  }
  const orderBy = [...keys.map((key) => key.sql), 'd.id'].map((sql) => `${sql} ${order}`).join(', ');
  const limit = `$${params.push(query.limit + 1)}::int`;
  // The inner query finds the page by index; the outer one fetches the 100 rows that are shown.
  const { rows } = await pg.query<DeviceRow & { sort_keys: string[] }>(
    `with page as materialized (
       select d.id, array[${keys.map((key) => `(${key.sql})::text`).join(', ')}] as sort_keys,
         row_number() over (order by ${orderBy}) as place
       from device d join device_state s on s.device_id = d.id
       ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
       order by ${orderBy} limit ${limit})
     select ${DEVICE_COLUMNS}, page.sort_keys
     from page join device d on d.id = page.id join device_state s on s.device_id = d.id
     order by page.place`,
    params,
  );
  const items = rows.slice(0, query.limit).map(toDevice);
  const last = rows[query.limit - 1];
  const more = rows.length > query.limit && last;
  const nextCursor = more
    ? Buffer.from(JSON.stringify([query.sort, query.order, last.sort_keys, last.id])).toString('base64url')
    : null;
  return { items, nextCursor };
}
