import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '#app/config/load.ts';
import { migrateDatabase, withDatabase } from '#app/database.ts';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { createPostgresCache } from '#cache/postgres/postgres.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createAccess } from '#services/access/access.ts';
import type { Access } from '#services/access/access.ts';
import { cliActor } from '#services/access/actor.ts';
import type { Actor } from '#services/access/actor.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createPostgresSetupLink, createPostgresTokens } from '#stores/users/postgres-tokens.ts';
import { createPostgresUsers } from '#stores/users/postgres.ts';

export type UseAccess<T> = (access: Access, actor: Actor) => Promise<T>;

/**
 * Users and tokens straight in the database, for whoever may read it: works with SOTP running or not, and when nobody
 * can sign in any more. What it changes is audited as done on the command line.
 */
export async function withAccess<T>(command: Command, use: UseAccess<T>): Promise<T> {
  const given = command.optsWithGlobals<{ dataDir?: string; config?: string }>();
  const config = loadConfig({ dataDir: given.dataDir }, given.config);
  return withDatabase(config, async (databaseUrl) => {
    await migrateDatabase(databaseUrl, silentLog);
    const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 2, applicationName: 'sotp cli' });
    const bus = createPostgresBus({ pg, log: silentLog });
    const stores = {
      users: createPostgresUsers(pg),
      tokens: createPostgresTokens(pg),
      links: createPostgresSetupLink(pg),
      audit: createPostgresAudit(pg),
      secrets: createLocalSecretStore({ pg, keyFile: join(config.dataDir, 'secret.key'), key: config.secretKey }),
    };
    try {
      const access = createAccess({ stores, cache: createPostgresCache(pg), bus, clock: systemClock });
      const result = await use(access, cliActor(userInfo().username));
      await bus.flush();
      return result;
    } finally {
      await bus.close();
      await pg.stop();
    }
  });
}
