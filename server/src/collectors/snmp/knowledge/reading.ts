import type { Inventory } from '@sotp/contract/inventory.ts';
import type { SeriesSpec } from '#collectors/collector.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';

/** What reading one subject of a device gave. */
export interface Reading {
  readonly facts: Partial<Inventory>;
  readonly series: readonly PlannedSeries[];
}

interface SeriesExtras {
  scale?: number;
  text?: boolean;
  cadence?: PlannedSeries['cadence'];
}

/** One planned series; read with every poll unless told otherwise. */
export function planned(
  oid: string,
  metric: string,
  kind: SeriesSpec['kind'],
  unit: string | null,
  labels: Record<string, string>,
  extras: SeriesExtras = {},
): PlannedSeries {
  const { cadence = 'fast', ...rest } = extras;
  return { spec: { metric, labels, unit, kind }, oid, cadence, ...rest };
}

type Section = Exclude<keyof Inventory, 'system'>;

/** Puts readings together: lists are appended in order; a system field keeps the first value that is not null. */
export function mergeReadings(readings: readonly Reading[]): { facts: Partial<Inventory>; series: PlannedSeries[] } {
  const facts: Partial<Inventory> = {};
  const series: PlannedSeries[] = [];
  for (const reading of readings) {
    series.push(...reading.series);
    for (const name of Object.keys(reading.facts) as (keyof Inventory)[]) {
      if (name === 'system') facts.system = mergeSystem(facts.system, reading.facts.system);
      else append(facts, name, reading.facts);
    }
  }
  return { facts, series };
}

function append<Name extends Section>(facts: Partial<Inventory>, name: Name, more: Partial<Inventory>): void {
  const before = facts[name] ?? [];
  facts[name] = [...before, ...(more[name] ?? [])] as Inventory[Name];
}

function mergeSystem(first: Inventory['system'] | undefined, more: Inventory['system'] | undefined) {
  if (!first || !more) return first ?? more;
  const merged: Inventory['system'] = { ...more };
  for (const key of Object.keys(first) as (keyof Inventory['system'])[]) {
    if (first[key] !== null) Object.assign(merged, { [key]: first[key] });
  }
  return merged;
}
