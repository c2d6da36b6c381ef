import { AppError } from '#platform/errors.ts';

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is and how to reach it, read from one URL. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. */
  readonly nodes: readonly RedisNode[];
  /** What the sentinels call the group of servers. */
  readonly group?: string;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** Files (PEM): the authority that signed the server's certificate, and our own certificate where the server asks. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
  /** What our keys and channels begin with, so that several SOTPs can share one Redis. */
  readonly prefix: string;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?]+)((?:\/[^?]*)?)(?:\?(.*))?$/;
const PARAMETERS = new Set(['ca', 'cert', 'key', 'servername', 'sentinelPassword', 'prefix']);

/** What a Redis URL may look like; for error messages. */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:6379][/db], rediss:// for TLS, ' +
  'redis+sentinel://host:26379,host:26379/group[/db] or redis+cluster://host:6379,host:6379';

function refuse(why: string): AppError {
  return new AppError('config_invalid', `redisUrl: ${why}; write ${REDIS_URL_FORMS}`);
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = found?.[3] === undefined ? defaultPort : Number(found[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || port < 1 || port > 65_535) throw refuse(`"${text}" is no host and port`);
  return { host, port };
}

function parseDb(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw refuse(`"${text}" is no number of a database`);
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('a percent sign in it is not followed by two hex digits (write a plain % as %25)');
  }
}

function parseUser(text: string | undefined): { username?: string; password?: string } {
  if (text === undefined || text === '') return {};
  const colon = text.indexOf(':');
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? undefined : decode(text.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

/** Reads a URL of a Redis server, of Sentinels or of a cluster. Throws `config_invalid`, never naming the password. */
export function parseRedisUrl(text: string): RedisAddress {
  const [, scheme, form, user, hosts = '', path = '', query = ''] = FORM.exec(text) ?? [];
  if (scheme === undefined) throw refuse('this is no URL of Redis');
  const kind = form === 'sentinel' ? 'sentinel' : form === 'cluster' ? 'cluster' : 'single';
  const defaultPort = kind === 'sentinel' ? 26_379 : 6_379;
  const nodes = hosts.split(',').map((part) => parseNode(part.trim(), defaultPort));
  if (kind === 'single' && nodes.length > 1) throw refuse('several hosts need redis+sentinel:// or redis+cluster://');
  const steps = path.split('/').slice(1).map(decode);
  const group = kind === 'sentinel' ? steps.shift() : undefined;
  if (kind === 'sentinel' && !group) throw refuse('behind the sentinels stands the name of their group: /mymaster');
  const db = parseDb(steps.shift());
  if (steps.length > 0) throw refuse('its path has too many parts');
  if (kind === 'cluster' && db !== 0) throw refuse('a cluster has only database 0');
  const given = new URLSearchParams(query);
  for (const name of given.keys()) if (!PARAMETERS.has(name)) throw refuse(`it has an unknown parameter "${name}"`);
  const value = (name: string) => given.get(name) ?? undefined;
  const tls = { ca: value('ca'), cert: value('cert'), key: value('key'), servername: value('servername') };
  const sentinelPassword = value('sentinelPassword');
  return {
    kind,
    nodes,
    db,
    prefix: value('prefix') ?? 'sotp',
    ...(group === undefined ? {} : { group }),
    ...parseUser(user),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(scheme === 'rediss' ? { tls: tls as NonNullable<RedisAddress['tls']> } : {}),
  };
}

/** Whether `parseRedisUrl` reads it. */
export function isRedisUrl(text: string): boolean {
  try {
    parseRedisUrl(text);
    return true;
  } catch {
    return false;
  }
}

/** Where Redis is, for sentences: never with a password. */
export function describeRedis(address: RedisAddress): string {
  const hosts = address.nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
  if (address.kind === 'sentinel') return `${address.group} by the sentinels ${hosts}`;
  return address.kind === 'cluster' ? `the cluster at ${hosts}` : hosts;
}

/** The URL with its passwords masked. */
export function maskRedisUrl(text: string): string {
  return text.replace(/^([^:]+:\/\/[^:@/]*:)[^@/]*@/, '$1***@').replace(/([?&]sentinelPassword=)[^&]*/g, '$1***');
}
