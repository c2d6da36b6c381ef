import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis } from 'ioredis';
import type { CommonRedisOptions } from 'ioredis';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { describeRedis, parseRedisUrl } from './url.ts';
import type { RedisAddress } from './url.ts';

export type RedisClient = Redis | Cluster;

/**
 * How a connection is used. `commands` fails within seconds when Redis is away or hangs; `patient` waits for it: workers
 * that block on the server, and subscribers.
 */
export type RedisPurpose = 'commands' | 'patient';

/** One Redis for all that use it; connections are opened by name of purpose and closed together. */
export interface RedisConnections {
  readonly isCluster: boolean;
  /**
   * What keys and channels begin with. In a cluster it is in braces, so that all of ours lie in one slot: scripts over
   * several keys work, and what one process says stays in order.
   */
  readonly prefix: string;
  /** For sentences; without the password. */
  readonly where: string;
  /** A connection of one's own. It opens itself, and again whenever it is lost. */
  connect(purpose: RedisPurpose): RedisClient;
  /** The connection for commands that everybody shares. */
  shared(): RedisClient;
  close(): Promise<void>;
}

export interface RedisOptions {
  readonly url: string;
  readonly log: Log;
  /** Seen in CLIENT LIST: `sotp-hub`. */
  readonly name: string;
}

const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 3_000;
const LOG_EVERY_MS = 30_000;

const retryAfter = (attempt: number) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);

function readTlsFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AppError('config_invalid', `redisUrl: cannot read ${file}: check that it exists and is readable`, {
      cause,
    });
  }
}

function tlsOptions(address: RedisAddress): ConnectionOptions | undefined {
  if (!address.tls) return undefined;
  const { ca, cert, key, servername } = address.tls;
  return {
    ...(ca === undefined ? {} : { ca: readTlsFile(ca) }),
    ...(cert === undefined ? {} : { cert: readTlsFile(cert) }),
    ...(key === undefined ? {} : { key: readTlsFile(key) }),
    ...(servername === undefined ? {} : { servername }),
  };
}

function clientOptions(address: RedisAddress, purpose: RedisPurpose, connectionName: string): CommonRedisOptions {
  return {
    connectionName,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: retryAfter,
    // After a fail-over the old master answers READONLY until it is gone: connect anew, and send the command again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    ...(purpose === 'commands'
      ? { maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS }
      : { maxRetriesPerRequest: null }),
  };
}

function open(address: RedisAddress, purpose: RedisPurpose, name: string): RedisClient {
  const tls = tlsOptions(address);
  const options = { ...clientOptions(address, purpose, name), ...(tls ? { tls } : {}) };
  const nodes = address.nodes.map((node) => ({ ...node }));
  if (address.kind === 'cluster') {
    return new Cluster(nodes, {
      lazyConnect: true,
      redisOptions: options,
      shardedSubscribers: true,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      clusterRetryStrategy: retryAfter,
    });
  }
  if (address.kind === 'sentinel') {
    return new Redis({
      ...options,
      sentinels: nodes,
      name: address.group ?? '',
      sentinelRetryStrategy: retryAfter,
      ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
      ...(tls ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    });
  }
  const [node] = nodes;
  return new Redis({ ...options, ...node });
}

/** Reads the URL (throws `config_invalid`); opens nothing before the first connection is asked for. */
export function createRedis({ url, log, name }: RedisOptions): RedisConnections {
  const address = parseRedisUrl(url);
  const where = describeRedis(address);
  const clients = new Set<RedisClient>();
  let toldAt = -Infinity;
  let shared: RedisClient | undefined;

  function complain(error: Error): void {
    if (performance.now() - toldAt < LOG_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ err: error.message }, `Redis (${where}) has trouble; it is tried again until it answers`);
  }

  function connect(purpose: RedisPurpose): RedisClient {
    const client = open(address, purpose, name.replaceAll(' ', '-'));
    client.on('error', complain);
    clients.add(client);
    return client;
  }

  return {
    isCluster: address.kind === 'cluster',
    prefix: address.kind === 'cluster' ? `{${address.prefix}}` : address.prefix,
    where,
    connect,
    shared: () => (shared ??= connect('commands')),
    async close() {
      // What was sent is answered or times out; a server that hangs must not hold us up.
      for (const client of clients) client.disconnect();
      clients.clear();
    },
  };
}
