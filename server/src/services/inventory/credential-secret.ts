import { CredentialSecret } from '@sotp/contract/credentials.ts';
import { AppError } from '#platform/errors.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';

/** Where a secret of a credential rests in the SecretStore: the first one under its id, later ones with their numbers. */
export function credentialSecretKey(credentialId: number, version: number): string {
  return version === 1 ? `credential/${credentialId}` : `credential/${credentialId}/${version}`;
}

/** A credential as far as its secrets are concerned. */
export interface SecretOwner {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}

/** Keeps a credential's kind and secret together, as one JSON text. */
export async function putCredentialSecret(
  store: SecretStore,
  { id, version }: Pick<SecretOwner, 'id' | 'version'>,
  value: CredentialSecret,
): Promise<void> {
  await store.put(credentialSecretKey(id, version), JSON.stringify({ kind: value.kind, secret: value.secret }));
}

/** The kind and secret of a credential; throws `secret_unavailable` when there is none that can be read. */
export async function getCredentialSecret(
  store: SecretStore,
  { id, name, version }: SecretOwner,
): Promise<CredentialSecret> {
  const text = await store.get(credentialSecretKey(id, version));
  const parsed = text === undefined ? undefined : CredentialSecret.safeParse(JSON.parse(text));
  if (!parsed?.success) {
    throw new AppError('secret_unavailable', `The secret of the credential “${name}” is missing: enter it again.`);
  }
  return parsed.data;
}
