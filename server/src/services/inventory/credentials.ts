import { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Credential, CredentialCreate, CredentialPatch } from '@sotp/contract/credentials.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CredentialStore, StoredCredential } from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { credentialSecretKey, putCredentialSecret } from './credential-secret.ts';
import { fieldPath, validationFailed } from './fields.ts';

/** Credentials for devices. A secret goes in and never comes out again. */
export interface Credentials {
  create(actor: Actor, input: CredentialCreate): Promise<Credential>;
  get(id: string): Promise<Credential>;
  list(query: PageQuery): Promise<Page<Credential>>;
  /** A new secret must be of the credential's kind. */
  update(actor: Actor, id: string, patch: CredentialPatch): Promise<Credential>;
  /** Throws `conflict` as long as devices use it. */
  remove(actor: Actor, id: string): Promise<void>;
}

export interface CredentialsDeps {
  credentials: CredentialStore;
  secrets: SecretStore;
  audit: Audit;
  bus: Bus;
}

function toCredential(credential: StoredCredential): Credential {
  return {
    id: String(credential.id),
    name: credential.name,
    kind: credential.kind,
    createdAt: new Date(credential.createdAt).toISOString(),
    updatedAt: new Date(credential.updatedAt).toISOString(),
    deviceCount: credential.deviceCount,
  };
}

export function createCredentials({ credentials, secrets, audit, bus }: CredentialsDeps): Credentials {
  async function find(id: string): Promise<StoredCredential> {
    const key = parseId(id);
    const credential = key === undefined ? undefined : await credentials.get(key);
    if (!credential) throw new AppError('not_found', 'There is no such credential.');
    return credential;
  }

  return {
    async create(actor, input) {
      const credential = await credentials.create(input.name, input.kind);
      try {
        await putCredentialSecret(secrets, credential.id, input);
      } catch (error) {
        await credentials.remove(credential.id);
        throw error;
      }
      const { name, kind } = credential;
      await audit.record(actor, 'credential.create', `credential/${credential.id}`, { name, kind });
      return toCredential(credential);
    },
    get: async (id) => toCredential(await find(id)),
    async list({ limit, cursor }) {
      const rows = await credentials.list(parseCursor(cursor) ?? 0, limit + 1);
      return pageAfter(rows, limit, toCredential);
    },
    async update(actor, id, { name, secret }) {
      const before = await find(id);
      if (secret !== undefined) {
        const parsed = CredentialSecret.safeParse({ kind: before.kind, secret });
        if (!parsed.success) {
          throw validationFailed(
            parsed.error.issues.map((issue) => ({ path: fieldPath(issue.path), message: issue.message })),
          );
        }
        await putCredentialSecret(secrets, before.id, parsed.data);
      }
      await credentials.touch(before.id, name);
      for (const deviceId of await credentials.devicesUsing(before.id)) {
        bus.publish(BUS_TOPICS.deviceChanged, { deviceId });
      }
      await audit.record(actor, 'credential.update', `credential/${before.id}`, {
        name: { before: before.name, after: name ?? before.name },
        secretChanged: secret !== undefined,
      });
      return toCredential(await find(id));
    },
    async remove(actor, id) {
      const credential = await find(id);
      await credentials.remove(credential.id);
      await secrets.delete(credentialSecretKey(credential.id));
      const { name, kind } = credential;
      await audit.record(actor, 'credential.remove', `credential/${credential.id}`, { name, kind });
    },
  };
}
