import { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Credential, CredentialCreate, CredentialPatch } from '@sotp/contract/credentials.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CredentialAnswerStore } from '#stores/credentials/credentials.ts';
import type { CredentialStore, CountedCredential, StoredCredential } from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { credentialSecretKey, putCredentialSecret } from './credential-secret.ts';
import { fieldPath, validationFailed } from './fields.ts';

/** Credentials for devices. A secret goes in and never comes out again. */
export interface Credentials {
  create(actor: Actor, input: CredentialCreate): Promise<Credential>;
  get(id: string): Promise<Credential>;
  list(query: PageQuery): Promise<Page<Credential>>;
  /** A new secret must be of the credential's kind; it replaces the one in use at once. */
  update(actor: Actor, id: string, patch: CredentialPatch): Promise<Credential>;
  /** Puts a new secret beside the one in use: devices are asked with both until the rotation is finished. */
  rotate(actor: Actor, id: string, secret: unknown): Promise<Credential>;
  /** Drops the old secret. Throws `conflict` while devices have not answered to the new one, unless forced. */
  finishRotation(actor: Actor, id: string, force: boolean): Promise<Credential>;
  /** Drops the new secret. */
  cancelRotation(actor: Actor, id: string): Promise<Credential>;
  /** Throws `conflict` as long as devices or sets use it. */
  remove(actor: Actor, id: string): Promise<void>;
}

export interface CredentialsDeps {
  credentials: CredentialStore;
  answers: CredentialAnswerStore;
  secrets: SecretStore;
  audit: Audit;
  bus: Bus;
}

export function createCredentials({ credentials, answers, secrets, audit, bus }: CredentialsDeps): Credentials {
  async function find(id: string): Promise<CountedCredential> {
    const key = parseId(id);
    const credential = key === undefined ? undefined : await credentials.getCounted(key);
    if (!credential) throw new AppError('not_found', 'There is no such credential.');
    return credential;
  }

  async function toCredential(stored: CountedCredential): Promise<Credential> {
    const { id, name, kind, createdAt, updatedAt, deviceCount, setCount, next } = stored;
    return {
      id: String(id),
      name,
      kind,
      createdAt: new Date(createdAt).toISOString(),
      updatedAt: new Date(updatedAt).toISOString(),
      deviceCount,
      setCount,
      rotation: next && {
        since: new Date(next.since).toISOString(),
        ...(await answers.progress(id, next.version)),
      },
    };
  }

  function parseSecret({ kind }: StoredCredential, secret: unknown): CredentialSecret {
    const parsed = CredentialSecret.safeParse({ kind, secret });
    if (parsed.success) return parsed.data;
    throw validationFailed(
      parsed.error.issues.map((issue) => ({ path: fieldPath(issue.path), message: issue.message })),
    );
  }

  /** Stores a secret under a number of its own: until that number is used, nothing has changed. */
  async function putNew(credential: StoredCredential, value: CredentialSecret): Promise<number> {
    const version = await credentials.newVersion(credential.id);
    if (version === undefined) throw new AppError('not_found', 'There is no such credential.');
    await putCredentialSecret(secrets, { id: credential.id, version }, value);
    return version;
  }

  const dropSecret = ({ id }: StoredCredential, version: number) => secrets.delete(credentialSecretKey(id, version));

  function needRotation(credential: StoredCredential): NonNullable<StoredCredential['next']> {
    if (credential.next) return credential.next;
    throw new AppError('conflict', `No new secret of “${credential.name}” is being rotated in.`);
  }

  async function replaceSecret(before: StoredCredential, value: CredentialSecret): Promise<void> {
    await credentials.useVersion(before.id, await putNew(before, value));
    await dropSecret(before, before.version);
    if (before.next) await dropSecret(before, before.next.version);
    for (const deviceId of await credentials.devicesUsing(before.id)) {
      bus.publish(BUS_TOPICS.deviceChanged, { deviceId });
    }
  }

  const tell = ({ id }: StoredCredential) => bus.publish(BUS_TOPICS.credentials, { credentialId: id });
  const subject = ({ id }: StoredCredential) => `credential/${id}`;

  return {
    async create(actor, input) {
      const credential = await credentials.create(input.name, input.kind);
      try {
        await putCredentialSecret(secrets, credential, input);
      } catch (error) {
        await credentials.remove(credential.id);
        throw error;
      }
      const { name, kind } = credential;
      tell(credential);
      await audit.record(actor, 'credential.create', subject(credential), { name, kind });
      return toCredential(credential);
    },
    get: async (id) => toCredential(await find(id)),
    async list({ limit, cursor }) {
      const rows = await credentials.list(parseCursor(cursor) ?? 0, limit + 1);
      const page = pageAfter(rows, limit, (row) => ({ id: String(row.id), row }));
      return { items: await Promise.all(page.items.map(({ row }) => toCredential(row))), nextCursor: page.nextCursor };
    },
    async update(actor, id, { name, secret }) {
      const before = await find(id);
      const value = secret === undefined ? undefined : parseSecret(before, secret);
      if (name !== undefined) await credentials.touch(before.id, name);
      if (value) await replaceSecret(before, value);
      tell(before);
      await audit.record(actor, 'credential.update', subject(before), {
        name: { before: before.name, after: name ?? before.name },
        secretChanged: secret !== undefined,
      });
      return toCredential(await find(id));
    },
    async rotate(actor, id, secret) {
      const before = await find(id);
      await credentials.setNext(before.id, await putNew(before, parseSecret(before, secret)));
      if (before.next) await dropSecret(before, before.next.version);
      tell(before);
      await audit.record(actor, 'credential.rotate', subject(before), { name: before.name });
      return toCredential(await find(id));
    },
    async finishRotation(actor, id, force) {
      const before = await find(id);
      const next = needRotation(before);
      const { devices, answered } = await answers.progress(before.id, next.version);
      if (answered < devices && !force) {
        throw new AppError(
          'conflict',
          `${devices - answered} of ${devices} devices have not answered to the new secret of “${before.name}” yet.`,
          { details: { devices, answered } },
        );
      }
      await credentials.useVersion(before.id, next.version);
      await dropSecret(before, before.version);
      tell(before);
      const { name } = before;
      await audit.record(actor, 'credential.rotated', subject(before), { name, devices, answered });
      return toCredential(await find(id));
    },
    async cancelRotation(actor, id) {
      const before = await find(id);
      const next = needRotation(before);
      await credentials.setNext(before.id, null);
      await dropSecret(before, next.version);
      tell(before);
      await audit.record(actor, 'credential.rotate-cancel', subject(before), { name: before.name });
      return toCredential(await find(id));
    },
    async remove(actor, id) {
      const credential = await find(id);
      await credentials.remove(credential.id);
      await dropSecret(credential, credential.version);
      if (credential.next) await dropSecret(credential, credential.next.version);
      const { name, kind } = credential;
      await audit.record(actor, 'credential.remove', subject(credential), { name, kind });
    },
  };
}
