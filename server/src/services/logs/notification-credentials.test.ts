import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bus } from '#bus/bus.ts';
import { AppError } from '#platform/errors.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { StoredCredential } from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { createNotificationCredentials } from './notification-credentials.ts';

const USER = { username: 'u', securityLevel: 'noAuthNoPriv' };

test('every credential for SNMP counts, with both secrets while one is rotated in; the database away changes nothing', async () => {
  const clock = createFakeClock();
  let tell = (): void => undefined;
  const state = { away: false };
  const secrets = new Map<string, object>([
    ['credential/1', { kind: 'snmp-v2c', secret: { community: 'public' } }],
    ['credential/2', { kind: 'snmp-v3', secret: USER }],
    ['credential/3', { kind: 'ssh-password', secret: { username: 'root', password: 'x' } }],
    ['credential/4', { kind: 'snmp-v1', secret: { community: 'old' } }],
    ['credential/4/2', { kind: 'snmp-v1', secret: { community: 'new' } }],
  ]);
  const kinds = ['snmp-v2c', 'snmp-v3', 'ssh-password', 'snmp-v1', 'snmp-v2c'] as const;
  const stored = kinds.map((kind, i) => ({
    id: i + 1,
    name: kind,
    kind,
    createdAt: 0,
    updatedAt: 0,
    deviceCount: 0,
    setCount: 0,
    version: 1,
    next: i === 3 ? { version: 2, since: 0 } : null,
  })) satisfies StoredCredential[];
  const accepted = createNotificationCredentials({
    credentials: {
      async list(after) {
        if (state.away) throw new AppError('database_unavailable', 'away', { retryable: true });
        return stored.filter(({ id }) => id > after);
      },
    },
    secrets: {
      async get(key: string) {
        const secret = secrets.get(key);
        return secret && JSON.stringify(secret);
      },
    } as Partial<SecretStore> as SecretStore,
    bus: {
      async subscribe(_: string, handler: () => void) {
        tell = handler;
        return async () => undefined;
      },
    } as Partial<Bus> as Bus,
    clock,
    log: silentLog,
  });
  await accepted.start();
  await clock.advance(1);
  // The fifth has no secret that can be read: the others count all the same.
  assert.deepEqual([...accepted.communities].toSorted(), ['new', 'old', 'public']);
  assert.deepEqual(accepted.users, [USER]);
  const { users } = accepted;
  secrets.set('credential/1', { kind: 'snmp-v2c', secret: { community: 'changed' } });
  tell();
  await clock.advance(1_000);
  assert.ok(accepted.communities.has('changed') && !accepted.communities.has('public'));
  assert.equal(accepted.users, users);
  state.away = true;
  await clock.advance(120_000);
  assert.ok(accepted.communities.has('changed'));
  await accepted.stop();
});
