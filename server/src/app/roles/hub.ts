import { createBackends } from '#app/backends.ts';
import type { RoleContext, RoleFactory } from './role-context.ts';

/** The hub: API, live stream, pages, scheduler. */
export const createHub: RoleFactory = (context: RoleContext) => {
  const { config, databaseUrl, log } = context;
  const backends = createBackends({
    databaseUrl,
    dataDir: config.dataDir,
    log,
    applicationName: 'sotp hub',
    maxConnections: 10,
    maxWorkers: 2,
  });
  return {
    async start() {
      await backends.component.start();
      return { address: `http://${config.host}:${config.port}` };
    },
    async stop() {
      await backends.component.stop();
    },
  };
};
