import { withoutConstants } from './constant.ts';
import { translateModule } from './prometheus/translate.ts';

/** Something of a foreign dialect that SOTP reads past, and why. */
export interface DialectNote {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface Translated {
  /** The profile in SOTP's own spelling, not yet validated. */
  readonly raw: unknown;
  readonly dialect: 'native' | 'netdata' | 'kentik' | 'prometheus';
  readonly notes: readonly DialectNote[];
}

type Node = Record<string, unknown>;
type Path = readonly PropertyKey[];

/** Keys that say how another product draws, groups or schedules; they do not change what is read. */
const PRESENTATION = new Set(
  (
    'chart_meta family consumers sysobjectid_metadata virtual_metrics topology bgp licensing provider poll_time_sec ' +
    'allow_duplicate walk_full_table is_interface no_use_bulkwalkall drop_undefined match_attributes condition help'
  ).split(' '),
);
/** Of these something is lost: told once a place. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  transform: 'programs inside a profile are not run',
  virtual_metrics: 'computed metrics are not made',
  topology: 'topology comes from SOTP’s own readers',
  bgp: 'BGP tables of this dialect are not read',
  licensing: 'licence tables of this dialect are not read',
  mapping_ref: 'the named mapping is not part of the file',
  condition: 'conditional rows are read without their condition',
  match_attributes: 'rows are read without this filter',
  sysobjectid_metadata: 'sysObjectID tables are not read',
};

/** Brings a file of the Netdata, Kentik or Prometheus dialect into SOTP's own spelling; a native file passes as it is. */
export function translate(raw: unknown): Translated {
  if (!isNode(raw)) return { raw: raw ?? {}, dialect: 'native', notes: [] };
  const dialect = dialectOf(raw);
  if (dialect === 'native') return { dialect, ...withoutConstants(raw) };
  if (dialect === 'prometheus') return { dialect, ...translateModules(raw['modules']) };
  const notes: DialectNote[] = [];
  if (raw['traps'] !== undefined || raw['sysobjectids'] !== undefined) {
    const what = raw['traps'] !== undefined ? 'trap definitions' : 'sysObjectID tables';
    notes.push({ path: [], message: `${what} are not part of a device profile` });
    return { raw: {}, dialect, notes };
  }
  const profile = translateNode(raw, [], notes);
  const selector = selectorOf(raw['selector']);
  if (selector.length > 0) profile['sysobjectid'] = selector;
  delete profile['selector'];
  if (isNode(raw['matches'])) {
    notes.push({ path: ['matches'], message: 'profiles are chosen by sysObjectID, not by this list of words' });
    delete profile['matches'];
  }
  return { raw: profile, dialect, notes };
}

/** A source of modules holds one; what is not a module at all is left to the schema, which tells its line. */
function translateModules(modules: unknown): { raw: unknown; notes: DialectNote[] } {
  const [[name, module] = []] = isNode(modules) ? Object.entries(modules) : [];
  if (name === undefined) return { raw: {}, notes: [] };
  return translateModule(name, module);
}

function dialectOf(raw: Node): Translated['dialect'] {
  if (isNode(raw['modules'])) return 'prometheus';
  if (raw['selector'] !== undefined || raw['sysobjectids'] !== undefined) return 'netdata';
  if (raw['provider'] !== undefined || raw['traps'] !== undefined) return 'kentik';
  const text = JSON.stringify(raw);
  if (/"(?:chart_meta|consumers|topology|bgp|licensing|virtual_metrics)":/.test(text)) return 'netdata';
  if (/"(?:enum|conversion|poll_time_sec|walk_full_table|help)":/.test(text)) return 'kentik';
  return 'native';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function translateValue(value: unknown, path: Path, notes: DialectNote[]): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => {
      const translated = translateValue(item, [...path, i], notes);
      return translated === undefined ? [] : [translated];
    });
  }
  return isNode(value) ? translateNode(value, path, notes) : (value ?? undefined);
}

function translateNode(node: Node, path: Path, notes: DialectNote[]): Node {
  const result: Node = {};
  for (const [key, value] of Object.entries(node)) {
    const at = [...path, key];
    const lost = UNSUPPORTED[key];
    if (lost !== undefined) notes.push({ path: at, message: `${key}: ${lost}` });
    if (lost !== undefined || PRESENTATION.has(key) || value === null) continue;
    if (key === 'enum' && isNode(value)) result['mapping'] = inverted(value);
    else if (key === 'mapping' && isNode(value) && isNode(value['items'])) result['mapping'] = value['items'];
    else if (key === 'conversion' || key === 'convert') Object.assign(result, converted(String(value), at, notes));
    else if (key === 'oid' && typeof value === 'string') result['OID'] = value;
    else result[key] = translateValue(value, at, notes);
  }
  // A column's own "tag" and a metric's "type" rename it in these dialects.
  if (result['OID'] !== undefined && result['name'] !== undefined) {
    for (const key of ['tag', 'type', 'MIB', 'description', 'metric_tags']) delete result[key];
  }
  if (isNode(result['table'])) delete result['table']['description'];
  if (isNode(result['symbol']) || result['tag'] !== undefined || isNode(result['column'])) delete result['description'];
  return result;
}

/** Kentik writes a mapping the other way round: text to number. */
function inverted(mapping: Node): Node {
  return Object.fromEntries(Object.entries(mapping).map(([text, number]) => [String(number), text]));
}

function converted(conversion: string, path: Path, notes: DialectNote[]): Node {
  if (conversion === 'hwaddr') return { format: 'mac_address' };
  if (conversion === 'hextoip') return { format: 'ip_address' };
  if (conversion === 'to_one') return { constant_value_one: true };
  if (conversion.startsWith('regexp:')) return { extract_value: conversion.slice('regexp:'.length) };
  notes.push({ path, message: `conversion ${conversion}: the value is read as it is` });
  return {};
}

/** Netdata's selector: rules, each with sysObjectIDs to include. */
function selectorOf(selector: unknown): string[] {
  if (!Array.isArray(selector)) return [];
  return selector.flatMap((rule: unknown) => {
    const ids = isNode(rule) ? rule['sysobjectid'] : undefined;
    const include = isNode(ids) ? ids['include'] : ids;
    return Array.isArray(include) ? include.map(String) : typeof include === 'string' ? [include] : [];
  });
}
