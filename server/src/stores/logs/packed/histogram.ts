import { compileFilter, severitiesOf } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import type { HistogramAnswer, HistogramQuery } from '#stores/logs/logs.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { BLOCK_SPAN_MS } from './pack.ts';
import { classesOf, walkBlocks } from './search.ts';

/** True when the filter asks for nothing but severities: then the blocks need not be opened. */
function onlySeverities(filter: LogFilter): boolean {
  return filter.kind === 'all' || filter.kind === 'severity';
}

async function fromCounts(pg: Postgres, { filter, from, to, stepMs }: HistogramQuery): Promise<HistogramAnswer> {
  const sums = Array.from({ length: 8 }, (_, i) => `sum(counts[${i + 1}])::int8`).join(', ');
  const { rows } = await pg.query<{ at: number; counts: number[] }>(
    `select floor((extract(epoch from (first_at + (last_at - first_at) / 2)) * 1000 - $1::float8) / $2::float8)::int8 as at,
       array[${sums}]::float8[] as counts
     from log_block
     where class = any($3) and first_at >= $4::timestamptz - interval '${BLOCK_SPAN_MS} milliseconds'
       and last_at >= $4 and first_at < $5
     group by 1 order by 1`,
    [from, stepMs, classesOf(filter), new Date(from), new Date(to)],
  );
  const mask = severitiesOf(filter);
  const last = Math.max(0, Math.ceil((to - from) / stepMs) - 1);
  const steps = new Map<number, number[]>();
  for (const { at, counts } of rows) {
    // A block that only touches the range counts in the step at its edge.
    const step = Math.min(last, Math.max(0, at));
    const sum = steps.get(step) ?? Array.from({ length: 8 }, () => 0);
    for (let i = 0; i < 8; i++) if (((mask >> i) & 1) === 1) sum[i]! += counts[i] ?? 0;
    steps.set(step, sum);
  }
  return { steps: [...steps].map(([step, counts]) => ({ at: from + step * stepMs, counts })), countedFrom: from };
}

/** Counts by severity over time; from the blocks' own counts where that is enough, else newest first while time lasts. */
export async function histogramOf(pg: Postgres, query: HistogramQuery, signal?: AbortSignal): Promise<HistogramAnswer> {
  if (onlySeverities(query.filter)) return fromCounts(pg, query);
  const { filter, from, to, stepMs } = query;
  const matches = compileFilter(filter);
  const steps = new Map<number, number[]>();
  const { stoppedAt } = await walkBlocks(
    pg,
    { filter, from, to, direction: 'backward', limit: 0 },
    { from, to },
    (lines) => {
      for (const line of lines) {
        if (line.receivedAt < from || line.receivedAt >= to || !matches(line)) continue;
        const at = from + Math.floor((line.receivedAt - from) / stepMs) * stepMs;
        let counts = steps.get(at);
        if (!counts) steps.set(at, (counts = [0, 0, 0, 0, 0, 0, 0, 0]));
        counts[line.severity]!++;
      }
      return true;
    },
    signal,
  );
  return {
    steps: [...steps].map(([at, counts]) => ({ at, counts })).toSorted((a, b) => a.at - b.at),
    countedFrom: stoppedAt ? Math.max(from, stoppedAt.last) : from,
  };
}
