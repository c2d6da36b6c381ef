import type { Target } from '#collectors/collector.ts';
import type { ScheduleRow, StoredCollector } from '#stores/devices/devices.ts';

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
