import type { HardwareFacts, SystemFacts } from '@sotp/contract/inventory.ts';
import { describe } from './describe.ts';
import { wholeOf } from './entity.ts';

/**
 * Who the device is: first what a profile that names this device says, then the chassis of the hardware tree, then
 * profiles that merely found their tree on it, last what can be made of its sysDescr.
 */
export function identify(
  system: SystemFacts,
  vendor: { readonly named: Partial<SystemFacts>; readonly hinted: Partial<SystemFacts> },
  hardware: readonly HardwareFacts[],
): SystemFacts {
  const tree: Partial<SystemFacts> = { ...wholeOf(hardware) };
  const found = { ...system };
  for (const source of [vendor.named, tree, vendor.hinted, describe(system.sysDescr)]) {
    for (const [key, value] of Object.entries(source) as [keyof SystemFacts, string | null][]) {
      if (found[key] === null && value !== null) Object.assign(found, { [key]: value });
    }
  }
  return found;
}
