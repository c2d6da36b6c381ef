import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import type { AcceptedCredentials } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { getCredentialSecret } from '#services/inventory/credential-secret.ts';
import type { CredentialStore, StoredCredential } from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';

const LOOK_MS = 60_000;
const RETRY_MS = 5_000;
/** Changes come in bursts. */
const SETTLE_MS = 200;
const PAGE = 1_000;

export interface NotificationCredentialsDeps {
  readonly credentials: Pick<CredentialStore, 'list'>;
  readonly secrets: SecretStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Of whom notifications are taken: of everybody who has the community or is the user of a credential for SNMP, whether
 * devices are asked with it or not. While a secret is being rotated, the old one and the new one count.
 */
export function createNotificationCredentials(deps: NotificationCredentialsDeps): AcceptedCredentials & Component {
  const { credentials, secrets, bus, clock, log } = deps;
  let communities: ReadonlySet<string> = new Set();
  let users: readonly SnmpV3Secret[] = [];
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let wake: (() => void) | undefined;

  async function all(): Promise<StoredCredential[]> {
    const found: StoredCredential[] = [];
    for (let after = 0; ;) {
      const page = await credentials.list(after, PAGE);
      found.push(...page);
      if (page.length < PAGE) return found;
      after = page.at(-1)?.id ?? after;
    }
  }

  async function read(): Promise<void> {
    const nowCommunities = new Set<string>();
    const nowUsers: SnmpV3Secret[] = [];
    for (const { id, name, kind, version, next } of await all()) {
      if (!kind.startsWith('snmp-')) continue;
      for (const one of next ? [version, next.version] : [version]) {
        try {
          const value = await getCredentialSecret(secrets, { id, name, version: one });
          if (value.kind === 'snmp-v3') nowUsers.push(value.secret);
          else if (value.kind === 'snmp-v1' || value.kind === 'snmp-v2c') nowCommunities.add(value.secret.community);
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.code === 'database_unavailable') throw error;
          // Said by the polls too; the others are good.
          log.debug({ credential: id, code: error.code }, 'a credential cannot be read');
        }
      }
    }
    communities = nowCommunities;
    // The same object as long as it says the same: keys hang on it.
    if (JSON.stringify(nowUsers) !== JSON.stringify(users)) users = nowUsers;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    let wait = RETRY_MS;
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        await read();
        wait = LOOK_MS;
      } catch (error) {
        // The database being away is said elsewhere; what was read stays good for that long.
        log.debug({ err: error }, 'the credentials of notifications are old');
        wait = RETRY_MS;
      }
      await Promise.race([clock.sleep(wait, signal), changed]).catch(() => undefined);
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined);
    }
  }

  return {
    name: 'notification credentials',
    get communities() {
      return communities;
    },
    get users() {
      return users;
    },
    async start() {
      stopping = new AbortController();
      unsubscribe = await bus.subscribe(BUS_TOPICS.credentials, () => wake?.());
      bus.onGap?.(() => wake?.());
      await read().catch(() => undefined);
      running = follow(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await unsubscribe?.();
      await running;
    },
  };
}
