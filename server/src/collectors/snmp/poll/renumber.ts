import type { Layout } from '#collectors/collector.ts';
import { askEach } from '#collectors/snmp/client/operations.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { textOf } from '#collectors/snmp/knowledge/values.ts';
import { PduType } from '#protocols/snmp/pdu.ts';

const IF_DESCR = '1.3.6.1.2.1.2.2.1.2';
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';

/**
 * The ifIndexes that mean another port by now than when the device was read. Devices number their ports anew when they
 * start or are rebuilt; a counter of one port taken for another's would be a spike in a graph, and an alert at night.
 */
export async function findRenumbered(session: Session, { series }: Layout): Promise<ReadonlySet<string>> {
  const names = new Map<string, string>();
  for (const { labels } of series) {
    const { ifIndex, interface: name } = labels;
    if (ifIndex !== undefined && name !== undefined) names.set(ifIndex, name);
  }
  const ports = [...names];
  const oids = ports.flatMap(([ifIndex]) => [`${IF_NAME}.${ifIndex}`, `${IF_DESCR}.${ifIndex}`]);
  const answers = await askEach(session, PduType.get, oids);
  const isOther = ([ifIndex, name]: readonly [string, string], i: number): boolean => {
    const said = answers.slice(2 * i, 2 * i + 2).map(textOf);
    return !said.includes(name) && !(name === ifIndex && said.every((text) => text === null));
  };
  return new Set(ports.filter(isOther).map(([ifIndex]) => ifIndex));
}

/** Takes the values of those ports out, until the device has been read anew. */
export function forgetPorts(values: number[], { series }: Layout, gone: ReadonlySet<string>): void {
  if (gone.size === 0) return;
  for (const [i, { labels }] of series.entries()) {
    if (labels['ifIndex'] !== undefined && gone.has(labels['ifIndex'])) values[i] = Number.NaN;
  }
}
