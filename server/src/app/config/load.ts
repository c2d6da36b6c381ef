import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { AppError } from '#platform/errors.ts';
import { nearest } from './nearest.ts';
import type { Config as Configuration, ConfigKey } from './schema.ts';
import { Config, configKeys } from './schema.ts';

export type { Config, RoleConfig } from './schema.ts';

/** Where values come from. Everything is handed in, so that a test needs neither files nor an environment. */
export interface ConfigSources {
  /** Text of `sotp.yaml` and its name for messages; undefined when there is none. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options of the command line by key path: `{ port: '8081', dataDir: '/srv/sotp' }`. */
  readonly options: Readonly<Record<string, string | number | undefined>>;
}

/** Variables that begin with SOTP_ and are no keys: they speak to the commands, to the pages or to the tests. */
const OTHER_VARIABLES = /^SOTP_(CONFIG|URL|TOKEN|API_URL|INTERNAL_URL|TEST_.*|BENCH_.*)$/;

const byPath = new Map(configKeys.map((key) => [key.path, key]));
const groups = new Set(configKeys.flatMap((key) => key.path.split('.').slice(0, -1)));
const paths = configKeys.map((key) => key.path);

function invalid(problems: readonly string[]): AppError {
  return new AppError('config_invalid', problems.join('; '));
}

function unknownKey(name: string, candidates: readonly string[], where: string): AppError {
  const meant = nearest(name, candidates);
  const hint = meant ? `did you mean "${meant}"?` : 'see docs/configuration.md for the keys';
  return invalid([`unknown key "${name}" in ${where}: ${hint}`]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flatten(tree: Record<string, unknown>, prefix: string, where: string, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(tree)) {
    const path = prefix + name;
    if (groups.has(path)) {
      if (value === null) continue;
      if (!isRecord(value)) throw invalid([`${path} in ${where} holds keys of its own, not a value`]);
      flatten(value, `${path}.`, where, into);
      continue;
    }
    if (!byPath.has(path)) throw unknownKey(path, paths, where);
    if (value !== null) into.set(path, value);
  }
}

function fromFile(file: ConfigSources['file']): Map<string, unknown> {
  const values = new Map<string, unknown>();
  if (!file) return values;
  const document = parseDocument(file.text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw invalid([`${file.name} is not YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`]);
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid([`${file.name} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`]);
  }
  if (tree === null || tree === undefined) return values;
  if (!isRecord(tree)) throw invalid([`${file.name} must hold keys and values, like "port: 8080"`]);
  flatten(tree, '', file.name, values);
  return values;
}

/** Text as it stands in a variable or an option, as the key's kind wants it. What does not fit is left to the schema. */
function fromText(key: ConfigKey, text: string): unknown {
  if (key.kind === 'number') return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  if (key.kind === 'list') {
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
  return text;
}

function fromEnv(env: ConfigSources['env']): Map<string, unknown> {
  const byEnv = new Map(configKeys.map((key) => [key.env, key]));
  const values = new Map<string, unknown>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('SOTP_') || text === undefined || OTHER_VARIABLES.test(name)) continue;
    const key = byEnv.get(name);
    if (!key) throw unknownKey(name, [...byEnv.keys()], 'the environment');
    if (text !== '') values.set(key.path, fromText(key, text));
  }
  for (const key of configKeys) {
    const text = key.standardEnv === undefined ? undefined : env[key.standardEnv];
    if (text && !values.has(key.path)) values.set(key.path, fromText(key, text));
  }
  return values;
}

function nest(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let branch = tree;
    for (const name of names) {
      const next = branch[name];
      branch = isRecord(next) ? next : ((branch[name] = {}) as Record<string, unknown>);
    }
    branch[last] = value;
  }
  return tree;
}

/** Puts the layers together and checks them: defaults < file < environment < options. Throws `config_invalid`. */
export function resolveConfig(sources: ConfigSources): Configuration {
  const origin = new Map<string, string>();
  const values = new Map<string, unknown>();
  function layer(from: Map<string, unknown>, where: (path: string) => string): void {
    for (const [path, value] of from) {
      values.set(path, value);
      origin.set(path, where(path));
    }
  }
  layer(fromFile(sources.file), () => sources.file?.name ?? 'sotp.yaml');
  layer(fromEnv(sources.env), (path) => byPath.get(path)?.env ?? path);
  const options = new Map<string, unknown>();
  for (const [path, value] of Object.entries(sources.options)) {
    const key = byPath.get(path);
    if (key && value !== undefined) options.set(path, fromText(key, String(value)));
  }
  layer(options, () => 'the command line');
  const parsed = Config.safeParse(nest(values), { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const names = issue.path.map(String);
    const path = names.filter((name) => !/^\d+$/.test(name)).join('.') || 'the configuration';
    const where = origin.get(path);
    const secret = byPath.get(path)?.secret === true;
    const got = secret || typeof issue.input === 'object' || issue.input === undefined ? '' : `, not "${issue.input}"`;
    const what = issue.message.replace(/^Invalid (input|option): /, '');
    return `${path}${where ? ` (from ${where})` : ''}: ${what}${got}`;
  });
  throw invalid(problems);
}

/** Reads `sotp.yaml` (or the file named by `--config` or SOTP_CONFIG), the environment and the options. */
export function loadConfig(options: ConfigSources['options'] = {}, configFile?: string): Configuration {
  const named = configFile ?? process.env['SOTP_CONFIG'];
  const name = named ?? 'sotp.yaml';
  let text: string | undefined;
  try {
    text = readFileSync(name, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (named !== undefined || code !== 'ENOENT') {
      throw new AppError(
        'config_invalid',
        `cannot read ${name} (${String(code)}): check that it exists and is readable`,
        {
          cause,
        },
      );
    }
  }
  return resolveConfig({ ...(text === undefined ? {} : { file: { name, text } }), env: process.env, options });
}
