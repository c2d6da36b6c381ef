import type { Command } from 'commander';
import type { Page } from '@sotp/contract/lists.ts';
import type { ApiClient } from './api-client.ts';

/** Adds the option that says which SOTP of this machine is meant, and how one elsewhere is named. */
export function withDataDir(command: Command): Command {
  return command
    .option('--data-dir <directory>', 'of the SOTP that runs on this machine (./data)')
    .addHelpText('after', '\nElsewhere: set SOTP_URL and SOTP_TOKEN.');
}

/** The API for a command that was built by `withDataDir`. */
export async function connect(command: Command): Promise<ApiClient> {
  const { loadConfig } = await import('#app/config/load.ts');
  const { connectApi } = await import('./api-client.ts');
  const { dataDir, config } = command.optsWithGlobals<{ dataDir?: string; config?: string }>();
  return connectApi(process.env, loadConfig({ dataDir }, config).dataDir);
}

/** All items of a list, page by page. */
export async function* pages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
