import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { Knowledge } from '#collectors/snmp/plan.ts';
import { COST_SERIES } from './cost.ts';
import type { Program } from './program.ts';
import type { Programs } from './share.ts';

/** Read with every poll besides the series: restarts and changes of the interface table show in them. */
export const WATCHED: readonly string[] = ['1.3.6.1.2.1.1.3.0', '1.3.6.1.2.1.2.1.0', '1.3.6.1.2.1.31.1.5.0'];

/**
 * What reading a device taught, until its next poll takes it over. Small: a third of a megabyte a device would be a
 * gigabyte where thousands are new and wait for their polls.
 */
export interface Learned {
  readonly fast: Program;
  readonly slow: Program | null;
  readonly enterprises: readonly number[];
  readonly unknown: readonly string[];
  facts(): Partial<Inventory>;
}

export function condense({ facts, series, enterprises, unknown }: Knowledge, programs: Programs): Learned {
  const fast = series.filter((one) => one.cadence === 'fast');
  const slow = series.filter((one) => one.cadence === 'slow');
  // A copy: what zlib gives is a view into a chunk of 16 KiB.
  const packed = new Uint8Array(deflateRawSync(JSON.stringify(facts), { level: 1 }));
  return {
    fast: programs.compile(fast, WATCHED, COST_SERIES),
    slow: slow.length > 0 ? programs.compile(slow, [], []) : null,
    enterprises,
    unknown,
    // Our own JSON.
    facts: () => JSON.parse(inflateRawSync(packed).toString('utf8')) as Partial<Inventory>,
  };
}
