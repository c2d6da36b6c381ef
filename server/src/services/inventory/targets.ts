import { LRUCache } from 'lru-cache';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Target, TargetCredential } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { DeviceChanged } from '#services/telemetry/polls.ts';
import type {
  CredentialStore,
  DeviceStore,
  ScheduleRow,
  StoredCollector,
  StoredDevice,
} from '#stores/devices/devices.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { getCredentialSecret } from './credential-secret.ts';

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
  schedule(): Promise<ScheduleRow[]>;
  /** Undefined when the device is gone. The same object as long as nothing changed. */
  target(deviceId: number): Promise<ConfiguredTarget | undefined>;
}

export interface TargetsDeps {
  readonly devices: DeviceStore;
  readonly credentials: CredentialStore;
  readonly secrets: SecretStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxDevices?: number;
}

export interface RunningTargets extends Targets, Component {
  /** Calls `handler` after a device's target was dropped because it changed. */
  onChange(handler: (deviceId: number) => void): void;
}

interface Kept {
  configured: ConfiguredTarget;
  /** Monotonic; when the store is to be asked whether it is still so, for news on the bus may be lost. */
  checkAt: number;
}

const CHECK_MS = 600_000;
/** How soon a credential that could not be read is tried again. */
const UNREADABLE_MS = 15_000;

export function createTargets(deps: TargetsDeps): RunningTargets {
  const { devices, credentials, secrets, bus, clock, log } = deps;
  const kept = new LRUCache<number, Kept>({ max: deps.maxDevices ?? 50_000 });
  const decrypted = new Map<number, Promise<TargetCredential | undefined>>();
  const loading = new Map<number, Promise<ConfiguredTarget | undefined>>();
  const handlers: ((deviceId: number) => void)[] = [];
  let unsubscribe: (() => Promise<void>) | undefined;

  async function decrypt(id: number): Promise<TargetCredential | undefined> {
    const stored = await credentials.get(id);
    if (!stored) return undefined;
    return { id: String(id), name: stored.name, value: await getCredentialSecret(secrets, id, stored.name) };
  }

  /** Devices share credentials: each is decrypted once. */
  function credential(id: number): Promise<TargetCredential | undefined> {
    const known = decrypted.get(id);
    if (known) return known;
    const opening = decrypt(id);
    decrypted.set(id, opening);
    opening.catch(() => decrypted.delete(id));
    return opening;
  }

  async function configure(device: StoredDevice): Promise<Kept> {
    const opened: TargetCredential[] = [];
    let checkAt = clock.monotonic() + CHECK_MS;
    for (const id of device.credentialIds) {
      try {
        const value = await credential(id);
        if (value) opened.push(value);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'database_unavailable') throw error;
        // The collectors that need none go on; the others say that there is none.
        log.warn({ credential: id, code: error.code, err: error.message }, 'a credential cannot be read');
        checkAt = clock.monotonic() + UNREADABLE_MS;
      }
    }
    const { id: deviceId, address, name, site, disabled, collectors } = device;
    return {
      checkAt,
      configured: { target: { deviceId, address, credentials: opened }, name, site, disabled, collectors },
    };
  }

  async function load(deviceId: number, current: () => boolean): Promise<ConfiguredTarget | undefined> {
    const device = await devices.get(deviceId);
    if (!device) {
      kept.delete(deviceId);
      return undefined;
    }
    const fresh = await configure(device);
    const before = kept.peek(deviceId);
    // The same object as long as nothing changed: what collectors learned hangs on it.
    if (before && JSON.stringify(before.configured) === JSON.stringify(fresh.configured)) {
      before.checkAt = fresh.checkAt;
      return before.configured;
    }
    if (current()) kept.set(deviceId, fresh);
    return fresh.configured;
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
    for (const { id } of kept.peek(deviceId)?.configured.target.credentials ?? []) decrypted.delete(Number(id));
    // A load that is under way may have read the old row; whoever waits for it gets it, nobody else.
    loading.delete(deviceId);
    kept.delete(deviceId);
    for (const handler of handlers) handler(deviceId);
  }

  return {
    name: 'targets',
    schedule: () => devices.schedule(),
    onChange: (handler) => void handlers.push(handler),
    async target(deviceId) {
      const entry = kept.get(deviceId);
      if (!entry) return loadOnce(deviceId);
      if (clock.monotonic() >= entry.checkAt) {
        entry.checkAt = clock.monotonic() + UNREADABLE_MS;
        loadOnce(deviceId).catch(() => undefined);
      }
      return entry.configured;
    },
    async start() {
      unsubscribe = await bus.subscribe(BUS_TOPICS.deviceChanged, (message) => {
        const parsed = DeviceChanged.safeParse(message);
        if (parsed.success) changed(parsed.data.deviceId);
      });
      bus.onGap?.(() => {
        decrypted.clear();
        for (const entry of kept.values()) entry.checkAt = 0;
      });
    },
    async stop() {
      await unsubscribe?.();
      unsubscribe = undefined;
      kept.clear();
      decrypted.clear();
    },
  };
}
