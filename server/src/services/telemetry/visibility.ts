import { LRUCache } from 'lru-cache';
import type { DeviceEvent } from '@sotp/contract/live.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Devices } from '#services/inventory/devices.ts';

/** Which devices one actor may see, remembered for as long as nothing about the device's site can have changed. */
export interface Visibility {
  of(event: DeviceEvent): Promise<boolean>;
}

export function createVisibility(actor: Actor, devices: Devices): Visibility {
  const known = new LRUCache<string, boolean>({ max: 20_000 });

  async function look(deviceId: string): Promise<boolean> {
    try {
      await devices.find(actor, deviceId);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return false;
      throw error;
    }
  }

  return {
    async of({ deviceId, change }) {
      if (actor.scope === null) return true;
      const before = known.get(deviceId);
      if (change === 'removed') {
        known.delete(deviceId);
        return before ?? false;
      }
      if (before !== undefined && change !== 'updated') return before;
      const now = await look(deviceId);
      known.set(deviceId, now);
      // A device that has just left the actor's sites is one last piece of news.
      return now || before === true;
    },
  };
}
