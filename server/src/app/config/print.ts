import { maskRedisUrl } from '#stores/redis/url.ts';
import type { Config } from './schema.ts';
import { configKeys } from './schema.ts';

const MASK = '***';

function masked(path: string, value: string): string {
  if (path === 'redisUrl') return maskRedisUrl(value);
  if (path !== 'databaseUrl') return MASK;
  const url = new URL(value);
  if (url.password !== '') url.password = MASK;
  for (const name of url.searchParams.keys()) if (/pass|key/i.test(name)) url.searchParams.set(name, MASK);
  return url.toString();
}

/** The value of a key by its path. */
export function valueAt(config: Config, path: string): unknown {
  let value: unknown = config;
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

/** Every key with its effective value, secrets masked; keys without a value are null. */
export function printableConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    configKeys.map(({ path, secret }) => {
      const value = valueAt(config, path);
      if (value === undefined) return [path, null];
      return [path, secret ? masked(path, String(value)) : value];
    }),
  );
}
