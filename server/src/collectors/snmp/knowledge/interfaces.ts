import { AdminStatus, OperStatus } from '@sotp/contract/inventory.ts';
import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { planned } from './reading.ts';
import type { Reading } from './reading.ts';
import { macOf, numberOf, textOf } from './values.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

type Cells = readonly (SnmpVarbind | null)[];

const FACTS = [2, 3, 4, 5, 6, 7, 8]
  .map((column) => `${IF}.${column}`)
  .concat([1, 15, 18].map((column) => `${IFX}.${column}`));

/**
 * The counters of a port, the better column first: where a port has no 64-bit counter its 32-bit one is polled. With
 * ifOperStatus these are eleven series a port; broadcasts and multicasts are counted where they enter.
 */
const COUNTERS: readonly (readonly { column: string; metric: string; unit: string }[])[] = [
  [hc(6, 'ifHCInOctets', 'octets'), low(10, 'ifInOctets', 'octets')],
  [hc(10, 'ifHCOutOctets', 'octets'), low(16, 'ifOutOctets', 'octets')],
  [hc(7, 'ifHCInUcastPkts', 'packets'), low(11, 'ifInUcastPkts', 'packets')],
  [hc(11, 'ifHCOutUcastPkts', 'packets'), low(17, 'ifOutUcastPkts', 'packets')],
  [
    hc(8, 'ifHCInMulticastPkts', 'packets'),
    hc(2, 'ifInMulticastPkts', 'packets'),
    low(12, 'ifInNUcastPkts', 'packets'),
  ],
  [hc(9, 'ifHCInBroadcastPkts', 'packets'), hc(3, 'ifInBroadcastPkts', 'packets')],
  [low(14, 'ifInErrors', 'packets')],
  [low(20, 'ifOutErrors', 'packets')],
  [low(13, 'ifInDiscards', 'packets')],
  [low(19, 'ifOutDiscards', 'packets')],
];
const COUNTER_COLUMNS = COUNTERS.flat().map((counter) => counter.column);

function hc(column: number, metric: string, unit: string) {
  return { column: `${IFX}.${column}`, metric, unit };
}
function low(column: number, metric: string, unit: string) {
  return { column: `${IF}.${column}`, metric, unit };
}

/** IF-MIB (RFC 2863): the device's ports, and what to poll of each. Without `plan` no counter is looked at. */
export async function readInterfaces(reader: SnmpReader, plan: boolean): Promise<Reading> {
  const rows = await reader.table(plan ? [...FACTS, ...COUNTER_COLUMNS] : FACTS);
  const interfaces: InterfaceFacts[] = [];
  const series: PlannedSeries[] = [];
  for (const [index, cells] of rows) {
    const ifIndex = Number(index);
    if (!Number.isInteger(ifIndex)) continue;
    const facts = interfaceFacts(ifIndex, cells);
    interfaces.push(facts);
    if (plan) planInterface(facts, cells.slice(FACTS.length), series, cells[6] != null);
  }
  return { facts: { interfaces }, series };
}

function interfaceFacts(ifIndex: number, cells: Cells): InterfaceFacts {
  const [descr, type, mtu, speed, mac, admin, oper, name, highSpeed, alias] = cells;
  return {
    ifIndex,
    ifName: textOf(name),
    ifDescr: textOf(descr),
    ifAlias: textOf(alias),
    ifType: numberOf(type),
    ifMtu: numberOf(mtu),
    speedBps: speedOf(numberOf(speed), numberOf(highSpeed)),
    mac: macOf(mac),
    adminStatus: AdminStatus.options[(numberOf(admin) ?? 0) - 1] ?? null,
    operStatus: OperStatus.options[(numberOf(oper) ?? 0) - 1] ?? null,
  };
}

/** ifSpeed ends at 2^32-1 and then points to ifHighSpeed (Mbit/s); some agents fill only one of the two. */
function speedOf(speed: number | null, highSpeed: number | null): number | null {
  const saturated = speed === null || speed === 0 || speed >= 4_294_967_295;
  if (!saturated) return speed;
  if (highSpeed !== null && highSpeed > 0) return highSpeed * 1e6;
  return speed === 0 ? 0 : null;
}

function planInterface(facts: InterfaceFacts, counters: Cells, series: PlannedSeries[], hasStatus: boolean): void {
  const { ifIndex } = facts;
  const labels = { interface: facts.ifName ?? facts.ifDescr ?? String(ifIndex), ifIndex: String(ifIndex) };
  let at = 0;
  for (const choices of COUNTERS) {
    const best = choices.find((_, i) => numberOf(counters[at + i]) !== null);
    at += choices.length;
    if (best) series.push(planned(`${best.column}.${ifIndex}`, best.metric, 'counter', best.unit, labels));
  }
  if (hasStatus) series.push(planned(`${IF}.8.${ifIndex}`, 'ifOperStatus', 'state', null, labels));
}
