import type { DeviceStatus } from '@sotp/contract/devices.ts';
import type { Clock } from '#platform/clock.ts';
import type { DeviceScope, DeviceStore } from '#stores/devices/devices.ts';

/** How many devices of a scope have which status: asked by every open page, counted once for all of them. */
export interface DeviceCounts {
  /** As of at most a second ago; what `forget` was called for before is in it. */
  of(scope: DeviceScope): Promise<ReadonlyMap<DeviceStatus, number>>;
  /** Somebody changed a device here: who asks from now on is to see it. */
  forget(): void;
}

/** A count may be told again for so long after it was begun; the statuses themselves hold for two intervals. */
const SHARED_MS = 1_000;

export function createDeviceCounts(devices: Pick<DeviceStore, 'summary'>, clock: Clock): DeviceCounts {
  const shared = new Map<string, { readonly begunAt: number; readonly counts: ReturnType<DeviceStore['summary']> }>();

  return {
    async of(scope) {
      const now = clock.monotonic();
      for (const [key, { begunAt }] of shared) if (now - begunAt >= SHARED_MS) shared.delete(key);
      const key = JSON.stringify(scope.sites?.toSorted() ?? null);
      const known = shared.get(key);
      if (known) return known.counts;
      const one = { begunAt: now, counts: devices.summary(scope) };
      shared.set(key, one);
      try {
        return await one.counts;
      } catch (error) {
        // The next one asks anew: a database that is away is told each time, and never as what was counted before.
        if (shared.get(key) === one) shared.delete(key);
        throw error;
      }
    },
    forget: () => shared.clear(),
  };
}
