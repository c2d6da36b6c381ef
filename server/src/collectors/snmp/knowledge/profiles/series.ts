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
      const kind = verdict?.kind === 'state' ? 'state' : kindOf(entry.metric, symbol, cell);
      const unit = verdict ? verdict.unit : symbol.processor ? '%' : (symbol.unit ?? null);
      series.push(
        planned(cell.oid, symbol.name, kind, unit, labels, {
          ...(symbol.scale_factor === undefined ? {} : { scale: symbol.scale_factor }),
          ...(typeof cell.value === 'number' ? {} : { text: true }),
          cadence: symbol.processor || kind === 'counter' ? 'fast' : 'slow',
        }),
      );
    }
  }
  return series;
}

function kindOf(metric: Metric, symbol: Symbol, cell: SnmpVarbind): SeriesSpec['kind'] {
  const type = symbol.metric_type ?? metric.metric_type ?? metric.forced_type;
  if (type === 'gauge' || type === 'percent') return 'gauge';
  if (type === 'flag_stream') return 'state';
  if (type !== undefined) return 'counter';
  if (symbol.mapping) return 'state';
  return cell.type === SnmpType.counter32 || cell.type === SnmpType.counter64 ? 'counter' : 'gauge';
}
