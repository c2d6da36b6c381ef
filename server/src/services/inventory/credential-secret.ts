import { CredentialSecret } from '@sotp/contract/credentials.ts';
import { AppError } from '#platform/errors.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';

/** Where the secret of a credential rests in the SecretStore. */
export function credentialSecretKey(credentialId: number): string {
  return `credential/${credentialId}`;
}

/** Keeps a credential's kind and secret together, as one JSON text. */
export async function putCredentialSecret(store: SecretStore, id: number, value: CredentialSecret): Promise<void> {
  await store.put(credentialSecretKey(id), JSON.stringify({ kind: value.kind, secret: value.secret }));
}

/** The kind and secret of a credential; throws `secret_unavailable` when there is none that can be read. */
export async function getCredentialSecret(store: SecretStore, id: number, name: string): Promise<CredentialSecret> {
  const text = await store.get(credentialSecretKey(id));
  const parsed = text === undefined ? undefined : CredentialSecret.safeParse(JSON.parse(text));
  if (!parsed?.success) {
    throw new AppError('secret_unavailable', `The secret of the credential “${name}” is missing: enter it again.`);
  }
  return parsed.data;
}
