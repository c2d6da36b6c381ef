import { canaryIn } from '#domain/canary-lines.ts';
import { compileFilter, severitiesOf } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import type { FoundLine, LineAnswer, LinePlace, LineQuery } from '#stores/logs/logs.ts';
import { inlineInstant, readTuples } from '#stores/postgres/copy.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { decodeBlock } from './block.ts';
import type { BlockLine } from './block.ts';
import { VERSION } from './block-two.ts';
import { BLOCK_SPAN_MS, CANARY_CLASS, CLASSES } from './pack.ts';
import { asksFields, tokenGroups, wantedTexts } from './prefilter.ts';
import type { TokenGroups } from './prefilter.ts';

/** A search that has looked for so long says how far it came instead of going on. */
const BUDGET_MS = 4_000;
const LISTED = 256;
const READ_FIRST = 2;
const READ_MAX = 16;

/** A block as the list of candidates has it. */
export interface BlockHead {
  readonly class: number;
  readonly first: number;
  readonly last: number;
  readonly block: number;
  readonly lines: number;
}

/** Which classes can hold what the filter asks for. */
export function classesOf(filter: LogFilter): number[] {
  const canary = canaryIn(filter);
  if (canary === 'only') return [CANARY_CLASS];
  const mask = severitiesOf(filter);
  const classes = CLASSES.filter(({ from, to }) => {
    for (let severity = from; severity <= to; severity++) if (((mask >> severity) & 1) === 1) return true;
    return false;
  }).map(({ number }) => number);
  return canary === 'too' ? [...classes, CANARY_CLASS] : classes;
}

/** True when all blocks that are meant have the values of fields in their index. */
async function areFieldsIndexed(pg: Postgres, { filter, from, to }: LineQuery): Promise<boolean> {
  if (!asksFields(filter)) return true;
  const { rows } = await pg.query(
    `select from log_block where version < ${VERSION} and last_at >= $1
       and last_at <= $2::timestamptz + interval '${BLOCK_SPAN_MS} milliseconds' limit 1`,
    [new Date(from), new Date(to)],
  );
  return rows.length === 0;
}

/** The next blocks that may hold matching lines, in the order of the search. */
async function listBlocks(
  pg: Postgres,
  query: LineQuery,
  groups: TokenGroups,
  range: { from: number; to: number },
  after: BlockHead | undefined,
): Promise<BlockHead[]> {
  const params: unknown[] = [classesOf(query.filter), new Date(range.from), new Date(range.to)];
  const add = (value: unknown) => `$${params.push(value)}`;
  const where = [
    'class = any($1)',
    `first_at >= $2::timestamptz - interval '${BLOCK_SPAN_MS} milliseconds'`,
    'last_at >= $2',
    'first_at <= $3',
  ];
  const all: number[] = [];
  for (const group of groups) {
    if (group.length === 1) all.push(group[0]!);
    else where.push(`tokens && ${add(group)}::int[]`);
  }
  if (all.length > 0) where.push(`tokens @> ${add(all)}::int[]`);
  const backward = query.direction === 'backward';
  const order = backward ? 'last_at desc, block desc' : 'first_at, block';
  if (after) {
    const place = backward ? ['last_at', '<', after.last] : ['first_at', '>', after.first];
    where.push(`(${place[0]}, block) ${place[1]} (${add(new Date(place[2]!))}, ${add(after.block)})`);
  }
  const sql = `select class, first_at, last_at, block, lines from log_block where ${where.join(' and ')} order by ${order} limit ${LISTED}`;
  const { rows } = await withTokenIndex(pg, where.length > 4 + (after ? 1 : 0), (tx) =>
    tx.query<{ class: number; first_at: Date; last_at: Date; block: number; lines: number }>(sql, params),
  );
  return rows.map((row) => ({
    class: row.class,
    first: row.first_at.getTime(),
    last: row.last_at.getTime(),
    block: row.block,
    lines: row.lines,
  }));
}

/**
 * The planner takes the table for small, since its rows are; reading the tokens of every row is what costs. So the
 * index of tokens is used whenever it can be.
 */
async function withTokenIndex<T>(pg: Postgres, tokens: boolean, fn: (tx: Queryable) => Promise<T>): Promise<T> {
  if (!tokens) return fn(pg);
  return pg.transaction(async (tx) => {
    await tx.query(
      'set local enable_seqscan = off; set local enable_indexscan = off; set local cpu_operator_cost = 1; set local max_parallel_workers_per_gather = 0',
    );
    return fn(tx);
  });
}

/** Reads blocks, in the order in which they are asked for; undefined for those that are no longer there. */
async function readBlocks(pg: Postgres, heads: readonly BlockHead[]): Promise<(Buffer | undefined)[]> {
  if (heads.length === 0) return [];
  const wanted = heads.map((head) => `(${head.class}, ${inlineInstant(head.first)}, ${Math.trunc(head.block)}::int8)`);
  // As binary: as text every byte would be written as two, and read again.
  const data = await pg.copyOut(
    `copy (select b.block, b.payload from (values ${wanted.join()}) as w(class, first_at, block)
       join log_block b on b.class = w.class and b.first_at = w.first_at and b.block = w.block) to stdout (format binary)`,
  );
  const rows = readTuples(data, ([block, payload]) => [Number(block?.readBigInt64BE()), payload] as const);
  const payloads = new Map(rows);
  // Dropped or packed anew since it was listed, when there is none.
  return heads.map(({ block }) => payloads.get(block));
}

/** Calls `visit` with every candidate block, newest or oldest first, until it answers false or the time is up. */
export async function walkBlocks(
  pg: Postgres,
  query: LineQuery,
  range: { from: number; to: number },
  visit: (lines: BlockLine[], next: BlockHead | undefined) => boolean,
  signal?: AbortSignal,
): Promise<{ stoppedAt: BlockHead | undefined }> {
  const until = performance.now() + BUDGET_MS;
  const wanted = wantedTexts(query.filter);
  // Blocks of the canary have no tokens.
  const without = canaryIn(query.filter) === 'without';
  const groups = without ? tokenGroups(query.filter, await areFieldsIndexed(pg, query)) : [];
  let after: BlockHead | undefined;
  let size = READ_FIRST;
  for (;;) {
    const heads = await listBlocks(pg, query, groups, range, after);
    let reading = readBlocks(pg, heads.slice(0, size));
    for (let i = 0; i < heads.length;) {
      signal?.throwIfAborted();
      const payloads = await reading;
      const begun = i + payloads.length;
      size = Math.min(READ_MAX, size * 2);
      // The next ones are on their way while these are looked through.
      reading = readBlocks(pg, heads.slice(begun, begun + size));
      reading.catch(() => undefined);
      for (const payload of payloads) {
        const head = heads[i++];
        const next = heads[i];
        const atEnd = next === undefined && heads.length < LISTED;
        const lines = payload ? decodeBlock(payload, wanted) : [];
        if (!visit(lines, next ?? (atEnd ? undefined : head))) return { stoppedAt: undefined };
        if (performance.now() > until && !atEnd) return { stoppedAt: next ?? head };
      }
    }
    if (heads.length < LISTED) return { stoppedAt: undefined };
    after = heads.at(-1);
  }
}

function compare(a: LinePlace, b: LinePlace): number {
  return a.receivedAt - b.receivedAt || a.number - b.number;
}

/** Lines in the order of their receipt: blocks overlap, so a line counts once no later block can hold one before it. */
export async function searchBlocks(pg: Postgres, query: LineQuery, signal?: AbortSignal): Promise<LineAnswer> {
  const { direction, limit, after } = query;
  const sign = direction === 'backward' ? -1 : 1;
  const matches = compileFilter(query.filter);
  const range = {
    from: direction === 'forward' && after ? Math.max(query.from, after.receivedAt) : query.from,
    to: direction === 'backward' && after ? Math.min(query.to, after.receivedAt) : query.to,
  };
  let found: BlockLine[] = [];
  const wanted = (line: BlockLine) =>
    line.receivedAt >= query.from &&
    line.receivedAt < query.to &&
    (after === undefined || sign * compare(line, after) > 0) &&
    matches(line);
  /** How many of what was found can no longer be overtaken. */
  const settled = (next: BlockHead | undefined): number => {
    if (!next) return found.length;
    found.sort((a, b) => sign * compare(a, b));
    const edge = direction === 'backward' ? next.last : next.first;
    const open = found.findIndex((line) => sign * (line.receivedAt - edge) >= 0);
    return open === -1 ? found.length : open;
  };
  let final = 0;
  const { stoppedAt } = await walkBlocks(
    pg,
    query,
    range,
    (lines, next) => {
      for (const line of lines) if (wanted(line)) found.push(line);
      final = found.length > limit ? settled(next) : 0;
      return final <= limit;
    },
    signal,
  );
  if (final <= limit) final = settled(stoppedAt);
  found.sort((a, b) => sign * compare(a, b));
  const lines: FoundLine[] = found.slice(0, Math.min(final, limit));
  if (final > limit) {
    const last = found[limit - 1]!;
    return { lines, next: { receivedAt: last.receivedAt, number: last.number } };
  }
  if (!stoppedAt) return { lines, next: undefined };
  const edge = direction === 'backward' ? stoppedAt.last : stoppedAt.first;
  // All beyond the edge has been looked through; nothing at it.
  return { lines, next: { receivedAt: edge, number: sign < 0 ? Number.MAX_SAFE_INTEGER : -1 } };
}
