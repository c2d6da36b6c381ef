import type { Inventory } from '@sotp/contract/inventory.ts';
import type { Clock } from '#platform/clock.ts';

/** Sections whose numbers move with every poll: live ones are in the metrics, here they are a snapshot. */
const MOVING = new Set<string>(['sensors', 'processors', 'memory', 'storage']);

/** How often the snapshot is renewed when nothing but the moving numbers changed. */
const SNAPSHOT_MS = 60_000;

interface Known {
  readonly hashes: Map<string, number>;
  snapshotAt: number;
  onlyUptime: boolean;
}

/** 53 bits over UTF-16 code units: enough that two different facts of one device do not look the same. */
function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0);
}

/** Lets through the sections of a device's facts that say something new. */
export interface FactsFilter {
  /**
   * Undefined when there is nothing new. `always` lets moving numbers through: somebody looks at the device. After a
   * section in `partial` the next one is news even when it is the same: that it is whole is what is new.
   */
  news(
    deviceId: number,
    facts: Partial<Inventory>,
    always: boolean,
    partial?: readonly string[],
  ): Partial<Inventory> | undefined;
  /** Whether the last news of the device said nothing but how long it has been up. */
  onlyUptime(deviceId: number): boolean;
  forget(deviceId: number): void;
}

export function createFactsFilter(clock: Clock): FactsFilter {
  const devices = new Map<number, Known>();
  return {
    news(deviceId, facts, always, partial = []) {
      let known = devices.get(deviceId);
      if (!known)
        devices.set(deviceId, (known = { hashes: new Map(), snapshotAt: Number.NEGATIVE_INFINITY, onlyUptime: false }));
      const now = clock.monotonic();
      const snapshot = always || now - known.snapshotAt >= SNAPSHOT_MS;
      const news: Record<string, unknown> = {};
      let any = false;
      known.onlyUptime = true;
      let moved = false;
      for (const [section, value] of Object.entries(facts)) {
        if (value === undefined) continue;
        const system = section === 'system';
        const digest = hash(JSON.stringify(system ? { ...value, uptimeSeconds: null } : value));
        const before = known.hashes.get(section);
        const moving = system || MOVING.has(section);
        if (moving) moved = true;
        // The uptime moves even when the digest, which leaves it out, does not.
        const due = system ? before !== digest || snapshot : before !== digest && (snapshot || !moving);
        if (before !== undefined && !due) continue;
        if (!system || before !== digest) known.onlyUptime = false;
        if (partial.includes(section)) known.hashes.delete(section);
        else known.hashes.set(section, digest);
        news[section] = value;
        any = true;
      }
      if (moved && snapshot) known.snapshotAt = now;
      return any ? (news as Partial<Inventory>) : undefined;
    },
    onlyUptime: (deviceId) => devices.get(deviceId)?.onlyUptime === true,
    forget(deviceId) {
      devices.delete(deviceId);
    },
  };
}
