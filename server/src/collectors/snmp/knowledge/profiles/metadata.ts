import type { SystemFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { firstBelow, inOrder } from '#collectors/snmp/knowledge/firstBelow.ts';
import type { Profile } from './library.ts';
import type { Field, ProfileFile } from './schema.ts';
import { shapeText } from './shape.ts';

type Symbol = NonNullable<Field['symbol']>;

/** One way to learn a field: a constant, or a value of the device. */
export interface FieldSource {
  readonly value?: string;
  readonly symbol?: Symbol;
  /** The OID without its instance: what follows it is the value. */
  readonly root?: string;
}

/** Names of the format's device fields, and the inventory field that each fills. */
const FIELDS: Readonly<Record<string, keyof SystemFacts>> = {
  vendor: 'vendor',
  model: 'model',
  product_name: 'model',
  serial_number: 'serial',
  os_name: 'os',
  os_version: 'osVersion',
  version: 'osVersion',
};

/** The device fields of a profile, each with its sources in order. */
export function compileFields(profile: ProfileFile): Map<string, FieldSource[]> {
  const fields = new Map<string, FieldSource[]>();
  for (const [name, field] of Object.entries(profile.metadata?.device?.fields ?? {})) {
    const symbols = [...(field.symbol ? [field.symbol] : []), ...(field.symbols ?? [])];
    const sources: FieldSource[] = symbols.map((symbol) => ({ symbol, root: rootOf(symbol.OID) }));
    if (field.value !== undefined) sources.push({ value: field.value });
    fields.set(name, sources);
  }
  return fields;
}

function rootOf(oid: string): string {
  return oid.endsWith('.0') ? oid.slice(0, -2) : oid;
}

/** What the profiles, the most specific first, say of the device; null where none of them does. */
export async function readFields(reader: SnmpReader, profiles: readonly Profile[]): Promise<Partial<SystemFacts>> {
  const roots = new Set<string>();
  for (const profile of profiles) {
    for (const sources of profile.fields.values()) for (const { root } of sources) if (root) roots.add(root);
  }
  const cells = await firstBelow(reader, inOrder(roots));
  const system: Partial<SystemFacts> = {};
  for (const profile of profiles) {
    for (const [name, sources] of profile.fields) {
      const key = FIELDS[name];
      if (key === undefined || system[key] != null) continue;
      const value = firstValue(key, sources, cells);
      if (value !== null) Object.assign(system, { [key]: value });
    }
  }
  return system;
}

function firstValue(
  key: keyof SystemFacts,
  sources: readonly FieldSource[],
  cells: ReadonlyMap<string, SnmpVarbind>,
): string | null {
  for (const { value, symbol, root } of sources) {
    if (value !== undefined) return value;
    const text = symbol && root ? shapeText(cells.get(root), symbol) : null;
    if (text !== null && !MEANINGLESS.test(text) && fits(key, text)) return text;
  }
  return null;
}

/** A version has a digit, a model is not a port's or a slot's name, and neither is binary. */
function fits(key: keyof SystemFacts, text: string): boolean {
  if (/[\p{Cc}\uFFFD]/u.test(text.replaceAll(/[\r\n\t]/g, ' '))) return false;
  if (key === 'osVersion') return /\d/.test(text);
  if (key === 'model')
    return !/^(unit|slot|port|module|switch|(\w*gigabit|\w*gige?|fast)?ethernet)\s*[\d/]*$/i.test(text);
  return true;
}

/** What agents answer where nobody filled the field in. */
const MEANINGLESS =
  /^(n\/?a|none|unknown|not (available|applicable|set|specified)|null|-+|0|x+|to be filled.*|default string)$/i;
