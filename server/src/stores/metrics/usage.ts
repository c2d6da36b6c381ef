/** Disk that one tier of the time series takes. */
export interface TierUsage {
  /** `polls` of the last hours as they came, `packed` polls, `5m` and `1h` roll-ups (with those of a day), and the `catalogue` of series. */
  readonly tier: 'polls' | 'packed' | '5m' | '1h' | 'catalogue';
  readonly bytes: number;
  /** Days that are kept; null: for as long as the device is there. */
  readonly keepDays: number | null;
  /** What it will take when its retention has filled up, if devices and intervals stay as they are. */
  readonly forecastBytes: number;
}

export interface MetricUsage {
  readonly bytes: number;
  readonly forecastBytes: number;
  readonly tiers: readonly TierUsage[];
}

/** What the time series take on disk; a part of the store beside `MetricStore`. */
export interface MetricUsageStore {
  usage(): Promise<MetricUsage>;
  /** Bytes of one device's packed polls and roll-ups, and about those of its polls of the last hours. */
  deviceUsage(deviceId: number): Promise<number>;
}
