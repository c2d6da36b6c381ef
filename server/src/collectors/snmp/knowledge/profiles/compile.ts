import type { IndexPart, Metric, MetricTag, Symbol } from './schema.ts';

/** A column to be walked: an OID without instance. */
export interface Column {
  readonly oid: string;
  readonly symbol: Symbol;
}

export interface Tag {
  readonly tag: string;
  readonly column?: string;
  readonly symbol?: Symbol;
  readonly index?: number;
  readonly text?: number;
  readonly transform?: readonly { start: number; end: number }[];
  /** What the index is made of; `parts` of it are the value, or the index of the column. */
  readonly layout?: readonly IndexPart[];
  readonly parts?: readonly number[];
  readonly mapping?: Readonly<Record<string, string>>;
}

/** An entry of a profile's `metrics`: a table, or scalars that are read as a table of the one row 0. */
export interface Entry {
  readonly table: string | null;
  readonly columns: readonly Column[];
  readonly tags: readonly Tag[];
  readonly metric: Metric;
  /** True when it gives facts, not only series. */
  readonly facts: boolean;
}

/** Turns the `metrics` of a file into entries; what names no OID is left out. */
export function compileEntries(metrics: readonly Metric[]): Entry[] {
  return metrics.flatMap((metric) => {
    const symbols = symbolsOf(metric);
    if (symbols.length === 0) return [];
    const scalar = metric.table === undefined;
    const columns = symbols.map((symbol) => ({
      oid: scalar && symbol.OID.endsWith('.0') ? symbol.OID.slice(0, -2) : symbol.OID,
      symbol,
    }));
    const facts =
      metric.memory !== undefined ||
      metric.storage !== undefined ||
      metric.vlan !== undefined ||
      metric.hardware !== undefined ||
      symbols.some((symbol) => symbol.sensor !== undefined || symbol.processor !== undefined);
    const tags = (metric.metric_tags ?? []).flatMap((tag) => tagOf(tag));
    return [{ table: metric.table?.OID ?? null, columns, tags, metric, facts }];
  });
}

function symbolsOf(metric: Metric): Symbol[] {
  const symbols = [...(metric.symbol ? [metric.symbol] : []), ...(metric.symbols ?? [])];
  if (metric.OID !== undefined && metric.name !== undefined) symbols.push({ OID: metric.OID, name: metric.name });
  return symbols;
}

function tagOf(tag: MetricTag): Tag[] {
  if (typeof tag === 'string') return [];
  const source = typeof tag.symbol === 'object' ? tag.symbol : tag.column;
  const symbol =
    source ??
    (tag.OID !== undefined && typeof tag.symbol === 'string' ? { OID: tag.OID, name: tag.symbol } : undefined);
  const name = tag.tag ?? symbol?.name;
  if (name === undefined) return [];
  if (symbol) {
    const column = symbol.OID;
    return [
      {
        tag: name,
        column,
        symbol: { ...symbol, format: symbol.format ?? tag.format },
        ...(tag.index_transform ? { transform: tag.index_transform } : {}),
        ...(tag.index_parts && tag.parts ? { layout: tag.index_parts, parts: tag.parts } : {}),
        ...(tag.mapping ? { mapping: tag.mapping } : {}),
      },
    ];
  }
  const mapped = tag.mapping ? { mapping: tag.mapping } : {};
  if (tag.index_parts && tag.part !== undefined) {
    return [{ tag: name, layout: tag.index_parts, parts: [tag.part], ...mapped }];
  }
  if (tag.index_text !== undefined) return [{ tag: name, text: tag.index_text }];
  if (tag.index === undefined) return [];
  return [{ tag: name, index: tag.index, ...mapped }];
}
