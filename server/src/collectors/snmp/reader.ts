import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import type { Fault } from '#collectors/collector.ts';

export interface WalkLimits {
  /** At most this many varbinds; more is cut and told as a fault. */
  readonly maxVarbinds?: number;
}

/**
 * Reads a device for facts, without hurry: one request in flight. What fails for a part of the device (a walk that
 * does not increase, a table that times out while the device speaks) becomes a fault and an empty or shorter answer;
 * only a device that is silent as a whole, or refuses us, throws.
 */
export interface SnmpReader {
  /** One varbind per OID, in order; null where the device has no such instance. */
  get(oids: readonly string[]): Promise<(SnmpVarbind | null)[]>;
  /**
   * One GETNEXT for many OIDs: what follows each of them, wherever it is; null at the end of the device's view. Tells
   * in few requests which tables a device has.
   */
  next(oids: readonly string[]): Promise<(SnmpVarbind | null)[]>;
  /** All instances below `root`, in the device's order, which is lexicographic. */
  walk(root: string, limits?: WalkLimits): Promise<SnmpVarbind[]>;
  /**
   * Walks columns of one table side by side, many columns in one request. Answers a map from index (the OID's part
   * behind the column, "3" or "1.4.10.0.0.1") to one value a column, null where the cell is missing.
   */
  table(columns: readonly string[], limits?: WalkLimits): Promise<Map<string, (SnmpVarbind | null)[]>>;
  /** Faults met so far. */
  readonly faults: readonly Fault[];
}
