/** Disk that one tier of the time series takes. */
export interface TierUsage {
  /** `polls` of the last hours as they came, `packed` polls, `5m` and `1h` roll-ups (with those of a day), and the `catalogue` of series. */
  readonly tier: 'polls' | 'packed' | '5m' | '1h' | 'catalogue';
  readonly bytes: number;
  /** Days that are kept; null: for as long as the device is there. */
  readonly keepDays: number | null;
  /** What it will take when its retention has filled up, if devices and intervals stay as they are; null as long as nothing tells. */
  readonly forecastBytes: number | null;
}

export interface MetricUsage {
  readonly bytes: number;
  /** Null until an hour of polls has been packed. */
  readonly forecastBytes: number | null;
  readonly tiers: readonly TierUsage[];
}

/** What the time series take on disk; a part of the store beside `MetricStore`. */
export interface MetricUsageStore {
  usage(): Promise<MetricUsage>;
  /** Bytes of one device's packed polls and roll-ups, and about those of its polls of the last hours. */
  deviceUsage(deviceId: number): Promise<number>;
}

/** All tiers together. What is not known yet counts for nothing beside packed polls, without which nothing can be said. */
export function usageOf(tiers: readonly TierUsage[]): MetricUsage {
  const isKnown = tiers.some(({ tier, forecastBytes }) => tier === 'packed' && forecastBytes !== null);
  return {
    bytes: tiers.reduce((sum, one) => sum + one.bytes, 0),
    forecastBytes: isKnown ? tiers.reduce((sum, one) => sum + (one.forecastBytes ?? 0), 0) : null,
    tiers,
  };
}
