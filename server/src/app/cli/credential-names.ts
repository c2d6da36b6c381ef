import { Credential } from '@sotp/contract/credentials.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import { AppError } from '#platform/errors.ts';
import type { ApiClient } from './api-client.ts';
import { pages } from './connect.ts';

const Credentials = pageOf(Credential);

/** Every credential, without secrets. */
export function listCredentials(api: ApiClient): AsyncGenerator<Credential> {
  return pages((cursor) => api.call('GET', '/credentials', Credentials, { query: { limit: 1000, cursor } }));
}

/** The credential that a person means, by name or id. */
export async function findCredential(api: ApiClient, text: string): Promise<Credential> {
  const found: Credential[] = [];
  for await (const one of listCredentials(api)) if (one.name === text || one.id === text) found.push(one);
  const best = found.find(({ name }) => name === text) ?? found[0];
  if (best) return best;
  throw new AppError('not_found', `There is no credential “${text}”: "sotp credential list" shows all.`);
}

/** Ids of credentials by their names or ids, in the same order. */
export async function credentialIds(api: ApiClient, wanted: readonly string[]): Promise<string[]> {
  if (wanted.length === 0) return [];
  const known = new Map<string, string>();
  for await (const { id, name } of listCredentials(api)) known.set(id, known.get(id) ?? id).set(name, id);
  return wanted.map((text) => {
    const id = known.get(text);
    if (id === undefined) throw new AppError('not_found', `There is no credential “${text}”.`);
    return id;
  });
}
