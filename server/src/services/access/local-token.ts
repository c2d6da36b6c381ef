import { hostname } from 'node:os';
import type { TokenStore } from '#stores/users/users.ts';
import { newApiToken } from './tokens.ts';

/**
 * A token of nobody for the command line on the hub's own machine, new at every start of the hub; the one before, of the
 * same machine and data directory, ends. Whoever can read the data directory owns the database anyway.
 */
export async function renewLocalToken(tokens: TokenStore, dataDir: string): Promise<string> {
  const name = `command line on ${hostname()}, ${dataDir}`.slice(0, 200);
  for (let after = 0; ;) {
    const page = await tokens.list(after, 1_000);
    for (const old of page) if (old.ownerId === null && old.name === name) await tokens.remove(old.id);
    const last = page.at(-1);
    if (!last || page.length < 1_000) break;
    after = last.id;
  }
  const { token, hash } = newApiToken();
  await tokens.create({ name, role: 'admin', hash, ownerId: null, expiresAt: null });
  return token;
}
