import type { DialectNote } from './dialect.ts';

type Node = Record<string, unknown>;

/**
 * DataDog writes a row's states as tags of a metric that is always 1 and has no OID. SOTP reads the states themselves,
 * and the other tags name the row; a native file is otherwise left as it is, but for two slips that DataDog's reader forgives.
 */
export function withoutConstants(raw: Node): { raw: Node; notes: DialectNote[] } {
  const notes: DialectNote[] = [];
  if (!Array.isArray(raw['metrics'])) return { raw, notes };
  const metrics = raw['metrics'].map((metric: unknown, i) => {
    if (!isNode(metric)) return metric;
    const told = (key: string, at: number, message: string): void => {
      notes.push({ path: ['metrics', i, key, at], message });
    };
    return statesOf(withoutSlips(metric, told), told);
  });
  return { raw: { ...raw, metrics }, notes };
}

type Tell = (key: string, at: number, message: string) => void;

function withoutSlips(metric: Node, told: Tell): Node {
  const rest = { ...metric };
  if (isNode(metric['table']) && metric['table']['name'] === null) {
    rest['table'] = { OID: metric['table']['OID'] };
  }
  if (Array.isArray(metric['metric_tags'])) {
    rest['metric_tags'] = metric['metric_tags'].map((tag: unknown, at) => {
      if (!isNode(tag) || !isNode(tag['symbol']) || tag['tag'] === undefined || tag['name'] === undefined) return tag;
      told('metric_tags', at, 'name: a tag is named by its "tag", this is read past');
      const { name: _name, ...others } = tag;
      return others;
    });
  }
  return rest;
}

function statesOf(metric: Node, told: Tell): Node {
  const symbols: unknown[] = Array.isArray(metric['symbols']) ? metric['symbols'] : [];
  const constant = symbols.findIndex((symbol) => isConstant(symbol));
  if (constant === -1) return metric;
  const tags: unknown[] = Array.isArray(metric['metric_tags']) ? metric['metric_tags'] : [];
  const read = tags
    .filter((tag) => isState(tag))
    .map(({ symbol, mapping }) => ({ ...symbol, mapping: mapping ?? symbol['mapping'] }));
  const [first] = read;
  if (!first) told('symbols', constant, 'constant_value_one: a row without a state or a number is not read');
  // Everything keeps its place, so that a problem is told with its line.
  const places = symbols.flatMap((symbol, i) => (i === constant ? (first ?? []) : isConstant(symbol) ? [] : symbol));
  const others = tags.map((tag) => (isState(tag) ? 'read as a state' : tag));
  return { ...metric, symbols: [...places, ...read.slice(1)], metric_tags: others };
}

function isConstant(symbol: unknown): boolean {
  return isNode(symbol) && symbol['constant_value_one'] === true && symbol['OID'] === undefined;
}

function isState(tag: unknown): tag is { symbol: Node; mapping?: unknown } {
  if (!isNode(tag) || !isNode(tag['symbol']) || tag['index_transform'] !== undefined) return false;
  return isNode(tag['mapping'] ?? tag['symbol']['mapping']);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
