import type { MibNode, MibTree } from '#protocols/mib/tree.ts';
import { measureOf, wordsOf } from './measure.ts';
import type { Measure } from './measure.ts';

/** A column or a scalar as a profile would have it. */
export interface DraftSymbol {
  readonly oid: string;
  readonly name: string;
  readonly measure?: Measure;
  readonly states?: ReadonlyMap<number, string>;
  /** What is used, or what is left of it. */
  readonly processor?: 'usage' | 'idle';
}

/** An entry of a draft: a table, or, without one, scalars. */
export interface DraftEntry {
  readonly module: string;
  readonly table: { readonly oid: string; readonly name: string } | null;
  readonly symbols: readonly DraftSymbol[];
  /** The column that names a row. */
  readonly label: { readonly oid: string; readonly name: string } | null;
}

const NUMBERS = /^(INTEGER|Integer32|Integer64|Unsigned32|Gauge32|Gauge|UInteger32|Counter32|Counter64|Opaque)$/i;
/** Types of text; a file without its textual conventions leaves their names. */
const TEXT = /octet string|displaystring|snmpadminstring/i;
const STATE =
  /status|state|health|condition|alarm|fault|fail|presen|oper(?:$|[^a-z])|operability|connectivity|result|indicator|led(?:$|[^a-z])|ok(?:$|[^a-z])|smoke|leak|water|door|contact|relay|input|output|redundan|online|link/;
const CPU = /cpu|processor|(?:^|[^a-z])core ?\d|switch ?load/;
const USAGE = /util|uti$|usage|load|busy|percent|perc(?:$|[^a-z])|rate|used|uage|cost/;
/** Whom a process, a user or a session count belongs to says nothing of the device. */
const NOT_CPU =
  /core ?count|number|num(?:$|[^a-z])|count|temp|speed|freq|mhz|time|fan|volt|curr(?:ent)?$|power|wait|nice|user|kernel|steal|system$|cpus$|vcpu|irq|descr|name|thresh|limit|trap|notif|alarm|rising|falling|interval|peak|highest|lowest|type|status|state|mem|(?:^|[^a-z])max/;
/** What an operator sets, and what agents keep for themselves. */
const NO_STATE =
  /admin|config|enable|trap|notif|threshold|limit|(?:^|[^a-z])(?:row|entry) ?status|mode|type|action|severity|command|filter/;
const OWN_TYPES = new Set(['RowStatus', 'StorageType', 'InetAddressType', 'IANAifType', 'TimeStamp']);
/** Parts whose state is worth knowing even where the MIB does not name its values. */
const PART =
  /fan|psu|power|supply|temp|disk|drive|raid|array|volume|battery|sensor|module|card|slot|member|sim|modem|network|connection|door|smoke|water|ups|inverter|rectifier|system|overall|health/;
const PLAIN_STATE = /(?:status|state|health|condition)$/;
const LABEL = /name|descr|label|location|title|ident(?:$|[^a-z])/;

/** What of a module's objects are readings of the device: sensors, states and processors. */
export function draftEntries(tree: MibTree, nodes: readonly MibNode[]): DraftEntry[] {
  const entries = new Map<
    string,
    { table: DraftEntry['table']; module: string; symbols: DraftSymbol[]; row: string | null }
  >();
  for (const node of nodes) {
    const symbol = symbolOf(node);
    if (!symbol) continue;
    const row = tree.at(node.oid.slice(0, node.oid.lastIndexOf('.')));
    const table = row && (row.index || row.augments) ? tree.at(row.oid.slice(0, row.oid.lastIndexOf('.'))) : undefined;
    const key = table?.oid ?? `scalars ${node.module}`;
    let entry = entries.get(key);
    if (!entry) {
      const named = table ? { oid: table.oid, name: table.name } : null;
      entry = { table: named, module: node.module, symbols: [], row: table && row ? row.oid : null };
      entries.set(key, entry);
    }
    entry.symbols.push(symbol);
  }
  const byRow = Map.groupBy(nodes, ({ oid }) => oid.slice(0, oid.lastIndexOf('.')));
  return [...entries.values()].map(({ table, module, symbols, row }) => ({
    table,
    module,
    symbols,
    label: row === null ? null : labelOf(byRow.get(row) ?? []),
  }));
}

function symbolOf(node: MibNode): DraftSymbol | null {
  const { oid, name, type, kind, access, status } = node;
  if (kind !== 'object' || !type || status === 'obsolete') return null;
  if (!/^read-(only|write)$|^read-create$/.test(access ?? '')) return null;
  const words = wordsOf(name);
  if (type.enums) {
    const said = access === 'read-only' ? STATE.test(words) : PLAIN_STATE.test(words);
    if (type.enums.size < 2 || !said || NO_STATE.test(words) || OWN_TYPES.has(type.name)) return null;
    return { oid, name, states: type.enums };
  }
  const number = NUMBERS.test(type.base);
  const text = TEXT.test(type.base);
  if (!number && !text) return null;
  if (CPU.test(words) && !NOT_CPU.test(words)) {
    const idle = /idle|free/.test(words);
    const told = USAGE.test(words) || /percent|utili[sz]|busy|%/i.test(`${node.units ?? ''} ${node.description ?? ''}`);
    if (idle || told) return { oid, name, processor: idle ? 'idle' : 'usage' };
  }
  if (/^counter/i.test(type.base) || access !== 'read-only') return null;
  // A text is a reading when its name says so plainly: a description is none.
  if (text && LABEL.test(words)) return null;
  const told = node.units !== null || /te?mp|volt|curr|power|humid|speed|rpm|rssi|rsr[pq]|sinr|signal/.test(words);
  const measure = text && !told ? null : measureOf(node);
  if (measure) return { oid, name, measure };
  const state = PLAIN_STATE.test(words) && PART.test(words) && !NO_STATE.test(words);
  return state ? { oid, name, states: new Map() } : null;
}

function labelOf(columns: readonly MibNode[]): DraftEntry['label'] {
  const texts = columns.filter(({ type, access }) => TEXT.test(type?.base ?? '') && access !== 'not-accessible');
  const best =
    texts.find(({ name }) => /name$/i.test(name)) ??
    texts.find(({ name }) => /descr(iption)?$|label$/i.test(name)) ??
    texts.find(({ name }) => LABEL.test(wordsOf(name)));
  return best ? { oid: best.oid, name: best.name } : null;
}
