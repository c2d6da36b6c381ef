import type { CollectorModule } from './collector.ts';
import { icmpCollector } from './icmp/collector.ts';
import { snmpCollector } from './snmp/index.ts';

/** All collectors that SOTP has, by name. A new collector adds one line here. */
const MODULES: readonly CollectorModule[] = [snmpCollector, icmpCollector];

const byName = new Map(MODULES.map((module) => [module.name, module] as const));

/** Every collector, in the order in which the operator sees them. */
export const collectors: readonly CollectorModule[] = [...byName.values()];

/** The collector of that name, or undefined. */
export function findCollector(name: string): CollectorModule | undefined {
  return byName.get(name);
}
