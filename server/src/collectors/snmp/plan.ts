import type { Inventory } from '@sotp/contract/inventory.ts';
import type { SeriesSpec } from '#collectors/collector.ts';

/** One number to be read at every poll. */
export interface PlannedSeries {
  readonly spec: SeriesSpec;
  /** Instance to be read, dotted, no leading dot. */
  readonly oid: string;
  /** Value read times this is the value stored; 1 when left out. */
  readonly scale?: number;
  /** Text answers that hold a number ("23.5 C") are parsed when this is set. */
  readonly text?: boolean;
  /** Polled with every poll (`fast`: counters, statuses) or every few minutes (`slow`: sensors, storage). */
  readonly cadence: 'fast' | 'slow';
}

/** What reading a device as a whole taught: its facts, and what to read at every poll from now on. */
export interface Knowledge {
  readonly facts: Partial<Inventory>;
  readonly series: readonly PlannedSeries[];
  /** Names of the profiles that were applied, for the coverage report. */
  readonly profiles: readonly string[];
  /** Readings left out because the device says that there is none, or they are impossible (65535 degrees). */
  readonly leftOut?: number;
  /** The enterprise numbers that the device speaks of. */
  readonly enterprises: readonly number[];
  /** Names that the operator chose and that no profile has. */
  readonly unknown: readonly string[];
}
