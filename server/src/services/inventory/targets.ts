import { LRUCache } from 'lru-cache';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Target, TargetCredential } from '#collectors/collector.ts';
import { candidatesOf } from '#domain/credential-sets.ts';
import { parseSecretRef, secretRef } from '#domain/secret-ref.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { DeviceChanged } from '#services/telemetry/polls.ts';
import type { CredentialStore, DeviceStore, ScheduleRow, StoredCollector } from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type {
  CredentialAnswerStore,
  CredentialSetStore,
  StoredCredentialSet,
} from '#stores/credentials/credentials.ts';
import { getCredentialSecret } from './credential-secret.ts';
import { createTargetReads } from './target-reads.ts';
import type { TargetRow } from './target-reads.ts';

/** A device ready to be polled: decrypted credentials in memory, settings as stored. */
export interface ConfiguredTarget {
  readonly target: Target;
  readonly name: string;
  readonly site: string | null;
  readonly disabled: boolean;
  readonly collectors: readonly StoredCollector[];
}

/** What workers ask of the inventory. Keeps targets in memory until the bus says that a device changed. */
export interface Targets {
  /** What is to be polled; of these devices alone when given. */
  schedule(deviceIds?: readonly number[]): Promise<ScheduleRow[]>;
  /** Undefined when the device is gone. The same object as long as nothing changed. */
  target(deviceId: number): Promise<ConfiguredTarget | undefined>;
}

export interface TargetsDeps {
  readonly devices: DeviceStore;
  readonly credentials: CredentialStore;
  readonly sets: CredentialSetStore;
  readonly answers: CredentialAnswerStore;
  readonly secrets: SecretStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxDevices?: number;
}

export interface RunningTargets extends Targets, Component {
  /** Calls `handler` when a device is said to have changed, in whatever. */
  onChange(handler: (deviceId: number) => void): void;
  /** Calls `handler` when a device was changed so that what was learned of it is of no use any more: it is asked in another way, or not at all. */
  onForget(handler: (deviceId: number) => void): void;
}

interface Kept {
  configured: ConfiguredTarget;
  /** Monotonic; when the store is to be asked whether it is still so, for news on the bus may be lost. */
  checkAt: number;
}

/** More devices than a process polls: one that is not kept is read from the store at every poll. */
const MAX_DEVICES = 100_000;
const CHECK_MS = 600_000;
/** The next poll waits for the look: a secret that it does not know yet may be the one that counts. */
const AT_ONCE = -1;
/** How soon a credential that could not be read is tried again. */
const UNREADABLE_MS = 15_000;

/** What a target is compared by; which credential answered last changes by itself. */
function textOf(configured: ConfiguredTarget): string {
  return JSON.stringify({ ...configured, target: { ...configured.target, answered: undefined } });
}

/** How a device is asked; its name, site and intervals change nothing of that. */
function askedHow({ target, disabled, collectors }: ConfiguredTarget): string {
  const { address, credentials } = target;
  return JSON.stringify([address, credentials, disabled, collectors.map(({ name, settings }) => [name, settings])]);
}

export function createTargets(deps: TargetsDeps): RunningTargets {
  const { devices, credentials, secrets, answers, bus, clock, log } = deps;
  const read = createTargetReads(devices, answers);
  const kept = new LRUCache<number, Kept>({ max: deps.maxDevices ?? MAX_DEVICES });
  /** What devices were before they changed, until they have been read again. */
  const before = new Map<number, ConfiguredTarget>();
  const decrypted = new Map<number, Promise<readonly TargetCredential[]>>();
  let sets: Promise<readonly StoredCredentialSet[]> | undefined;
  const loading = new Map<number, Promise<ConfiguredTarget | undefined>>();
  const changeHandlers: ((deviceId: number) => void)[] = [];
  const forgetHandlers: ((deviceId: number) => void)[] = [];
  let unsubscribe: (() => Promise<void>)[] = [];

  /** The secret in use, and the next one while it is being rotated in. */
  async function decrypt(id: number, again = true): Promise<readonly TargetCredential[]> {
    const stored = await credentials.get(id);
    if (!stored) return [];
    const { name } = stored;
    const versions = [stored.version, ...(stored.next ? [stored.next.version] : [])];
    try {
      return await Promise.all(
        versions.map(async (version) => ({
          id: secretRef(id, version),
          name,
          value: await getCredentialSecret(secrets, { id, name, version }),
        })),
      );
    } catch (error) {
      // A rotation may have ended between the two looks: then another number is in use now.
      const now = again ? await credentials.get(id) : undefined;
      if (now && now.version !== stored.version) return decrypt(id, false);
      throw error;
    }
  }

  function allSets(): Promise<readonly StoredCredentialSet[]> {
    if (!sets) {
      const reading = deps.sets.list();
      sets = reading;
      reading.catch(() => {
        if (sets === reading) sets = undefined;
      });
    }
    return sets;
  }

  /** Devices share credentials: each is decrypted once. */
  function credential(id: number): Promise<readonly TargetCredential[]> {
    const known = decrypted.get(id);
    if (known) return known;
    const opening = decrypt(id);
    decrypted.set(id, opening);
    opening.catch(() => decrypted.delete(id));
    return opening;
  }

  async function configure({ device, answered: said }: TargetRow): Promise<Kept> {
    const opened: TargetCredential[] = [];
    let checkAt = clock.monotonic() + CHECK_MS;
    const { id: deviceId, address, name, site, disabled, collectors } = device;
    for (const { credentialId: id } of candidatesOf(device.credentialIds, await allSets(), device)) {
      try {
        opened.push(...(await credential(id)));
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'database_unavailable') throw error;
        // The collectors that need none go on; the others say that there is none.
        log.warn({ credential: id, code: error.code, err: error.message }, 'a credential cannot be read');
        checkAt = clock.monotonic() + UNREADABLE_MS;
      }
    }
    const answered = said.map((one) => secretRef(one.credentialId, one.version));
    return {
      checkAt,
      configured: { target: { deviceId, address, credentials: opened, answered }, name, site, disabled, collectors },
    };
  }

  async function load(deviceId: number, isCurrent: () => boolean): Promise<ConfiguredTarget | undefined> {
    const row = await read(deviceId);
    const fresh = row && (await configure(row));
    const changed = before.get(deviceId);
    const was = changed ?? kept.peek(deviceId)?.configured;
    // The same object as long as nothing changed: what collectors learned hangs on it.
    const isSame = was && fresh && textOf(was) === textOf(fresh.configured);
    const goesOn =
      isSame || (was && fresh && !fresh.configured.disabled && askedHow(was) === askedHow(fresh.configured));
    const now = isSame ? was : goesOn ? { ...fresh.configured, target: was.target } : fresh?.configured;
    if (!isCurrent()) return now;
    before.delete(deviceId);
    if (fresh && now) kept.set(deviceId, { configured: now, checkAt: fresh.checkAt });
    else kept.delete(deviceId);
    if (changed && !goesOn) for (const forget of forgetHandlers) forget(deviceId);
    return now;
  }

  function loadOnce(deviceId: number): Promise<ConfiguredTarget | undefined> {
    const known = loading.get(deviceId);
    if (known) return known;
    const started: Promise<ConfiguredTarget | undefined> = load(
      deviceId,
      () => loading.get(deviceId) === started,
    ).finally(() => {
      if (loading.get(deviceId) === started) loading.delete(deviceId);
    });
    loading.set(deviceId, started);
    return started;
  }

  function changed(deviceId: number): void {
    for (const { id } of kept.peek(deviceId)?.configured.target.credentials ?? []) {
      decrypted.delete(parseSecretRef(id)?.credentialId ?? 0);
    }
    const was = kept.peek(deviceId)?.configured;
    if (was) before.set(deviceId, was);
    // A load that is under way may have read the old row; whoever waits for it gets it, nobody else.
    loading.delete(deviceId);
    kept.delete(deviceId);
    for (const handler of changeHandlers) handler(deviceId);
    // At once, for it may be gone, or not to be asked any more: then no poll would look.
    if (before.has(deviceId)) void loadOnce(deviceId).catch(() => undefined);
  }

  /** Credentials may be others: every target is compared with the store, and is kept where nothing changed. */
  function lookAgain(when: number): void {
    decrypted.clear();
    sets = undefined;
    loading.clear();
    for (const entry of kept.values()) entry.checkAt = when;
  }

  return {
    name: 'targets',
    schedule: (deviceIds) => devices.schedule(deviceIds),
    onChange: (handler) => void changeHandlers.push(handler),
    onForget: (handler) => void forgetHandlers.push(handler),
    async target(deviceId) {
      const entry = kept.get(deviceId);
      if (!entry) return loadOnce(deviceId);
      const atOnce = entry.checkAt === AT_ONCE;
      if (clock.monotonic() >= entry.checkAt) {
        entry.checkAt = clock.monotonic() + UNREADABLE_MS;
        const loaded = loadOnce(deviceId).catch(() => entry.configured);
        if (atOnce) return await loaded;
      }
      return entry.configured;
    },
    async start() {
      unsubscribe = [
        await bus.subscribe(BUS_TOPICS.deviceChanged, (message) => {
          const parsed = DeviceChanged.safeParse(message);
          if (parsed.success) changed(parsed.data.deviceId);
        }),
        await bus.subscribe(BUS_TOPICS.credentials, () => lookAgain(AT_ONCE)),
      ];
      bus.onGap?.(() => lookAgain(0));
    },
    async stop() {
      for (const end of unsubscribe) await end();
      unsubscribe = [];
      kept.clear();
      before.clear();
      decrypted.clear();
    },
  };
}
