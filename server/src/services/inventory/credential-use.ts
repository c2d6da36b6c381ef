import type { AnsweredWith, CredentialUser, DeviceCredential } from '@sotp/contract/credentials.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { candidatesOf } from '#domain/credential-sets.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { secretRef } from '#domain/secret-ref.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { CredentialAnswerStore, CredentialSetStore } from '#stores/credentials/credentials.ts';
import type { CredentialStore, StoredCredential } from '#stores/devices/devices.ts';
import type { Devices } from './devices.ts';

/** Who answers to what: the credentials of a device, and the devices of a credential. */
export interface CredentialUse {
  ofDevice(actor: Actor, deviceId: string): Promise<{ items: DeviceCredential[]; nextCursor: null }>;
  /** Of the actor's sites only. */
  usersOf(actor: Actor, credentialId: string, query: PageQuery): Promise<Page<CredentialUser>>;
}

export interface CredentialUseDeps {
  devices: Devices;
  credentials: CredentialStore;
  sets: CredentialSetStore;
  answers: CredentialAnswerStore;
}

const instant = (at: number) => new Date(at).toISOString();

function answeredWith({ version: current, next }: StoredCredential, version: number): AnsweredWith {
  if (version === current) return 'current';
  return version === next?.version ? 'next' : 'former';
}

export function createCredentialUse({ devices, credentials, sets, answers }: CredentialUseDeps): CredentialUse {
  return {
    async ofDevice(actor, deviceId) {
      const device = await devices.find(actor, deviceId);
      const said = await answers.ofDevice(device.id);
      const items: DeviceCredential[] = [];
      for (const { credentialId, set } of candidatesOf(device.credentialIds, await sets.list(), device)) {
        const credential = await credentials.get(credentialId);
        if (!credential) continue;
        const answer = said.find((one) => one.credentialId === credentialId);
        const run = device.runs.find(({ name }) => name === answer?.collector);
        // Answers are noted every ten minutes; the last run of the collector may know of a younger one.
        const same = answer && run?.up && run.credentialId === secretRef(credentialId, answer.version);
        const at = answer && Math.max(answer.at, same ? run.at : 0);
        // The newest answer that any collector got is the one in use by that collector.
        const inUse = answer !== undefined && said.find(({ collector }) => collector === answer.collector) === answer;
        items.push({
          credentialId: String(credentialId),
          name: credential.name,
          kind: credential.kind,
          set: set?.name ?? null,
          answeredWith: answer ? answeredWith(credential, answer.version) : null,
          answeredAt: at === undefined ? null : instant(at),
          since: answer ? instant(answer.since) : null,
          inUse,
        });
      }
      return { items, nextCursor: null };
    },
    async usersOf(actor, credentialId, { limit, cursor }) {
      const key = parseId(credentialId);
      const credential = key === undefined ? undefined : await credentials.get(key);
      if (!credential) throw new AppError('not_found', 'There is no such credential.');
      const rows = await answers.usersOf(credential.id, {
        after: parseCursor(cursor) ?? 0,
        limit: limit + 1,
        sites: actor.scope?.sites,
      });
      return pageAfter(
        rows.map((row) => ({ id: row.deviceId, row })),
        limit,
        ({ row }) => ({
          deviceId: String(row.deviceId),
          name: row.name,
          address: row.address,
          site: row.site,
          status: row.status,
          own: row.own,
          answeredWith: row.version === null ? null : answeredWith(credential, row.version),
          answeredAt: row.answeredAt === null ? null : instant(row.answeredAt),
        }),
      );
    },
  };
}
