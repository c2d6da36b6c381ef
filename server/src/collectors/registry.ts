import type { CollectorModule } from './collector.ts';
import { icmpCollector } from './icmp/collector.ts';
import { snmpCollector } from './snmp/index.ts';

/** Every collector that SOTP has, in the order in which the operator sees them. A new collector adds one line here. */
export const collectors: readonly CollectorModule[] = [snmpCollector, icmpCollector];
