import { silentLog } from '#platform/log.ts';
import { createRedis } from '#stores/redis/redis.ts';

function field(info: string, name: string): string | undefined {
  const line = info.split('\n').find((one) => one.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** Asks Redis what matters to us: that it answers, its version, and that it never throws tasks away to save memory. */
export async function redisFinding(url: string | undefined): Promise<string> {
  if (url === undefined) return 'none is set: PostgreSQL carries queue, sessions and live news';
  const redis = createRedis({ url, log: silentLog, name: 'sotp doctor' });
  try {
    const client = redis.shared();
    const info = String(await client.info());
    const version = field(info, 'redis_version') ?? 'of unknown version';
    const policy = field(info, 'maxmemory_policy') ?? 'unknown';
    if (Number(version.split('.')[0]) < 7) throw new Error(`Redis ${version} is too old: install 7 or newer`);
    if (policy !== 'noeviction' && field(info, 'maxmemory') !== '0') {
      throw new Error(
        `Redis ${version} may throw tasks away (maxmemory-policy ${policy}): run "redis-cli config set maxmemory-policy noeviction"`,
      );
    }
    return `Redis ${version} answers at ${redis.where}`;
  } catch (error) {
    if (error instanceof Error && !/max retries|closed|timed out|none of/i.test(error.message)) throw error;
    throw new Error(`Redis does not answer at ${redis.where}: start it, or correct redisUrl`, { cause: error });
  } finally {
    await redis.close();
  }
}
