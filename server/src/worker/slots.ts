import { MAX_LATE_MS } from './items.ts';

/** What a process remembers of the polls of a (device, collector). */
export interface Slot {
  running: boolean;
  /** The instant of the newest poll that was begun. */
  lastAt: number;
  /** It was polled, and what was learned of the device is still there. */
  known: boolean;
  down: boolean;
  /** The one that it was last given out in. */
  partition: number;
}

export interface Slots {
  of(collector: string, deviceId: number): Slot;
  /** The device was changed: it may answer now. */
  changed(deviceId: number): void;
  /** The devices of a partition, once for each of their collectors. They may come back at once, with the same jobs. */
  forget(partition: number, now: number): number[];
}

export function createSlots(): Slots {
  const slots = new Map<string, Map<number, Slot>>();
  return {
    of(collector, deviceId) {
      let byDevice = slots.get(collector);
      if (!byDevice) slots.set(collector, (byDevice = new Map()));
      let slot = byDevice.get(deviceId);
      if (!slot) {
        slot = { running: false, lastAt: Number.NEGATIVE_INFINITY, known: false, down: false, partition: 0 };
        byDevice.set(deviceId, slot);
      }
      return slot;
    },
    changed(deviceId) {
      for (const byDevice of slots.values()) {
        const slot = byDevice.get(deviceId);
        if (slot) slot.down = false;
      }
    },
    forget(partition, now) {
      const devices: number[] = [];
      for (const byDevice of slots.values()) {
        for (const [deviceId, slot] of byDevice) {
          if (slot.partition !== partition) continue;
          devices.push(deviceId);
          // As long as its poll could be given out again, that it was made is remembered.
          if (!slot.running && slot.lastAt < now - MAX_LATE_MS) byDevice.delete(deviceId);
          else Object.assign(slot, { known: false, down: false });
        }
      }
      return devices;
    },
  };
}
