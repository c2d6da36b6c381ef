import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import type { SeriesSpec } from '#collectors/collector.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { planned } from '#collectors/snmp/knowledge/reading.ts';
import { numberIn } from '#collectors/snmp/knowledge/values.ts';
import type { EntryRows } from './read.ts';
import type { Metric, Symbol } from './schema.ts';
import { judge } from './sensor.ts';

/** The series of an entry's rows: one a column and row whose value is a number now. */
export function seriesOf({ entry, rows }: EntryRows): PlannedSeries[] {
  const series: PlannedSeries[] = [];
  for (const row of rows) {
    const labels = entry.table === null ? row.tags : { index: row.index, ...row.tags };
    for (const [i, { symbol }] of entry.columns.entries()) {
      const cell = row.cells[i];
      if (!cell || symbol.constant_value_one || numberIn(cell) === null) continue;
      const verdict = symbol.sensor ? judge(entry, row, symbol, cell) : null;
      if (verdict === 'left out') continue;
      const kind = verdict?.reading.kind === 'state' ? 'state' : kindOf(entry.metric, symbol, cell);
      const size = verdict ? null : sizeOf(entry.metric, symbol);
      const unit = verdict ? verdict.polledUnit : symbol.processor ? '%' : size ? 'octets' : (symbol.unit ?? null);
      const scale = verdict?.scale ?? (symbol.scale_factor ?? 1) * (size ?? 1);
      series.push(
        planned(cell.oid, symbol.name, kind, unit, labels, {
          ...(scale === 1 ? {} : { scale }),
          ...(typeof cell.value === 'number' ? {} : { text: true }),
          cadence: symbol.cadence ?? (symbol.processor || kind === 'counter' ? 'fast' : 'slow'),
        }),
      );
    }
  }
  return series;
}

/** For a column that is a size of a pool: what turns it, after its own scale, into octets; else null. */
function sizeOf({ memory, storage }: Metric, { name }: Symbol): number | null {
  const pool = memory ?? storage;
  const sizes = [pool?.total, pool?.used, pool?.free].flatMap((names) => names ?? []);
  return pool && pool.scale_by === undefined && sizes.includes(name) ? (pool.scale ?? 1) : null;
}

function kindOf(metric: Metric, symbol: Symbol, cell: SnmpVarbind): SeriesSpec['kind'] {
  const type = symbol.metric_type ?? metric.metric_type ?? metric.forced_type;
  if (type === 'gauge' || type === 'percent') return 'gauge';
  if (type === 'flag_stream') return 'state';
  if (type !== undefined) return 'counter';
  if (symbol.mapping) return 'state';
  return cell.type === SnmpType.counter32 || cell.type === SnmpType.counter64 ? 'counter' : 'gauge';
}
