import type { Inventory } from '@sotp/contract/inventory.ts';
import type { Fault } from '#collectors/collector.ts';

type Section = keyof Inventory;

/** What of the facts rests on what lies below these OIDs, the longest that fits first. */
const RESTS_ON: readonly (readonly [root: string, ...sections: Section[]])[] = [
  // The names of ports lead from a neighbor to the port that it is on.
  ['1.3.6.1.2.1.2', 'interfaces', 'neighbors'],
  ['1.3.6.1.2.1.31', 'interfaces', 'neighbors'],
  ['1.3.6.1.2.1.17', 'neighbors', 'vlans'],
  ['1.3.6.1.2.1.47', 'hardware', 'sensors', 'transceivers', 'system'],
  ['1.3.6.1.2.1.99', 'sensors', 'transceivers'],
  ['1.3.6.1.2.1.25', 'processors', 'memory', 'storage'],
  ['1.3.6.1.2.1.4', 'addresses'],
  ['1.3.6.1.2.1.55', 'addresses'],
  ['1.0.8802', 'neighbors'],
  ['1.3.111.2.802', 'neighbors', 'vlans'],
  ['1.3.6.1.4.1.9.9.23', 'neighbors'],
  ['1.3.6.1.4.1.9.9.46', 'vlans'],
  ['1.3.6.1.4.1.2021', 'processors', 'memory', 'storage'],
];
const VENDOR: readonly Section[] = [
  'system',
  'hardware',
  'sensors',
  'processors',
  'memory',
  'storage',
  'vlans',
  'transceivers',
];
const ALL: readonly Section[] = [...VENDOR, 'interfaces', 'addresses', 'neighbors'];
/** As many faults as a reader keeps; more may have been met. */
const MANY = 50;

/** The sections of a device's facts that these faults may have cut short. */
export function partialSections(faults: readonly Fault[]): Section[] {
  if (faults.length >= MANY) return [...ALL];
  const partial = new Set<Section>();
  for (const { part } of faults) {
    const [, ...sections] = RESTS_ON.find(([root]) => part === root || part?.startsWith(`${root}.`)) ?? [];
    const known = sections.length > 0 ? sections : part?.startsWith('1.3.6.1.4.1.') ? VENDOR : ALL;
    for (const section of known) partial.add(section);
  }
  return [...partial];
}
