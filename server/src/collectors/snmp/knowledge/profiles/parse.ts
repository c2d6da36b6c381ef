import { LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { z } from 'zod';
import { translate } from './dialect.ts';
import type { Translated } from './dialect.ts';
import { ProfileFile } from './schema.ts';
import { patternFault } from './shape.ts';

export interface ProfileProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ParsedProfile {
  readonly profile: ProfileFile | null;
  readonly problems: readonly ProfileProblem[];
  /** Parts of a foreign dialect that are read past, with the reason. */
  readonly notes: readonly ProfileProblem[];
  readonly dialect: string;
}

/** Reads a profile strictly: an unknown key, a wrong type or a reference to nothing is a problem with its line. */
export function parseProfile(file: string, text: string, linesBefore = 0): ParsedProfile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({
      file,
      line: lines.linePos(pos[0]).line + linesBefore,
      message,
    }));
    return { profile: null, problems, notes: [], dialect: 'native' };
  }
  const at = (path: readonly PropertyKey[]): number => lineOf(document, lines, path) + linesBefore;
  const told = (path: readonly PropertyKey[], message: string): ProfileProblem => ({ file, line: at(path), message });
  let result: Translated;
  try {
    result = translate(document.toJS({ maxAliasCount: 1000 }));
  } catch (thrown) {
    const module = text.startsWith('modules:') ? ['modules', ...firstKey(document)] : [];
    const issues = thrown instanceof z.ZodError ? thrown.issues : [];
    const found = issues.map((issue) => deepest(issue));
    const problems = found.map(({ path, message }) =>
      told([...module, ...path], `${path.join('.') || 'profile'}: ${message}`),
    );
    const plain = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      profile: null,
      problems: problems.length > 0 ? problems : [told([], plain)],
      notes: [],
      dialect: module.length > 0 ? 'prometheus' : 'native',
    };
  }
  const { raw, dialect, notes: translated } = result;
  const notes = translated.map(({ path, message }) => told(path, message));
  const foreign = dialect !== 'native';
  let parsed = ProfileFile.safeParse(raw);
  if (!parsed.success && foreign) {
    const { rest, paths } = withoutBroken(raw, parsed.error.issues);
    for (const { path, message } of paths) notes.push(told(path, `left out: ${message}`));
    parsed = ProfileFile.safeParse(rest);
  }
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const { path, message } = deepest(issue);
      return told(path, `${path.join('.') || 'profile'}: ${message}`);
    });
    return { profile: null, problems, notes, dialect };
  }
  const problems = foreign ? [] : references(parsed.data).map(({ path, message }) => told(path, message));
  return { profile: parsed.data, problems, notes, dialect };
}

/** The name of the module that a source of modules holds. */
function firstKey(document: Document): string[] {
  const modules = (document.toJS() as { modules?: unknown }).modules;
  return Object.keys(typeof modules === 'object' && modules !== null ? modules : {}).slice(0, 1);
}

/** A foreign file without its metrics, tags and fields that cannot be read; the rest of it still serves. */
function withoutBroken(raw: unknown, issues: readonly Issue[]): { rest: unknown; paths: DeepIssue[] } {
  const rest = structuredClone(raw) as Record<string, unknown>;
  const paths = issues.map((issue) => deepest(issue));
  for (const { path, message } of paths) {
    const [top, second] = path;
    const unknown = path.length === 0 ? [...message.matchAll(/"([^"]+)"/g)].map((found) => found[1] ?? '') : [];
    for (const key of unknown) delete rest[key];
    const list = typeof top === 'string' ? rest[top] : undefined;
    if (Array.isArray(list) && typeof second === 'number') list[second] = undefined;
    else if (typeof top === 'string') delete rest[top];
  }
  for (const [key, value] of Object.entries(rest)) {
    if (Array.isArray(value)) rest[key] = value.filter((item) => item !== undefined);
  }
  return { rest, paths };
}

interface DeepIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** Of a union's alternatives, the one that got furthest says best what is wrong. */
function deepest(issue: Issue): DeepIssue {
  const nested = (issue.errors ?? []).flat().map((inner) => deepest(inner));
  const best = nested.sort((a, b) => b.path.length - a.path.length)[0];
  if (!best || best.path.length === 0) return { path: issue.path, message: best?.message ?? issue.message };
  return { path: [...issue.path, ...best.path], message: best.message };
}

/** The line of the node at a path, or of the nearest one above it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as Node | null | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

/** Names that an entry uses must be columns of that entry. */
function references(profile: ProfileFile): { path: PropertyKey[]; message: string }[] {
  const problems = brokenPatterns(profile, []);
  for (const [i, metric] of (profile.metrics ?? []).entries()) {
    const symbols = [...(metric.symbols ?? []), ...(metric.symbol ? [metric.symbol] : [])];
    const known = new Set(symbols.map((symbol) => symbol.name));
    for (const tag of metric.metric_tags ?? []) {
      if (typeof tag !== 'object') continue;
      if (typeof tag.symbol === 'object') known.add(tag.symbol.name);
      if (tag.tag !== undefined) known.add(tag.tag);
    }
    const wanted = [
      ...(metric.where ?? []).flatMap((where) => (where.OID === undefined ? (where.symbol ?? '') : [])),
      ...[metric.memory, metric.storage].flatMap((pool) =>
        pool
          ? [pool.total, pool.used, pool.free, pool.percent, pool.percent_free, pool.scale_by].flatMap((names) => names)
          : [],
      ),
      ...Object.entries(metric.hardware ?? {}).flatMap(([field, column]) => (field === 'class' ? [] : column)),
      metric.vlan?.name,
      typeof metric.vlan?.id === 'string' ? metric.vlan.id : undefined,
      ...symbols.flatMap(({ sensor }) =>
        sensor ? [sensor.decimals, sensor.divisor, sensor.percent_of, sensor.by?.symbol] : [],
      ),
    ];
    for (const name of wanted) {
      if (name !== undefined && !known.has(name)) {
        problems.push({ path: ['metrics', i], message: `no column named ${name} in this entry` });
      }
    }
  }
  return problems;
}

const PATTERN_KEYS = new Set(['extract_value', 'match_pattern', 'match', 'sysdescr']);

/** Patterns are RE2's, which is linear in time and knows no look-around and no back-references. */
function brokenPatterns(value: unknown, path: PropertyKey[]): { path: PropertyKey[]; message: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const fault = PATTERN_KEYS.has(key) && typeof inner === 'string' ? patternFault(inner) : null;
    return fault === null ? brokenPatterns(inner, at) : [{ path: at, message: `${key}: ${fault}` }];
  });
}
