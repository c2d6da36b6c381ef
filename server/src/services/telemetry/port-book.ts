import { createHash } from 'node:crypto';
import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import { isEmptyPlan, planPorts } from '#domain/port-plan.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import type { PortStore } from '#stores/ports/ports.ts';
import type { FactsRecord } from './spool.ts';

/** Keeps the histories of ports together, whatever devices number and call them. */
export interface PortBook {
  /** Recognises the ports in these readings. Comes before the samples that are labelled as the readings say. */
  observe(records: readonly FactsRecord[]): Promise<void>;
  /** The device was changed, or was polled elsewhere meanwhile. */
  forget(deviceId: number): void;
}

export interface PortBookDeps {
  readonly ports: PortStore;
  readonly metrics: Pick<MetricStore, 'relabel'>;
}

function digestOf(interfaces: readonly InterfaceFacts[]): string {
  const told = interfaces.map(({ ifIndex, ifName, ifDescr, ifAlias, ifType, mac }) => [
    ifIndex,
    ifName,
    ifDescr,
    ifAlias,
    ifType,
    mac,
  ]);
  return createHash('md5').update(JSON.stringify(told)).digest('base64');
}

export function createPortBook({ ports, metrics }: PortBookDeps): PortBook {
  /** What was read last of each device: most readings say the same. */
  const applied = new Map<number, string>();

  async function apply({ deviceId, at, facts, partial = [] }: FactsRecord, interfaces: readonly InterfaceFacts[]) {
    const digest = digestOf(interfaces);
    if (applied.get(deviceId) === digest) return;
    const known = await ports.read(deviceId);
    if (!known || (known.at !== null && at <= known.at)) return;
    // An agent that has just started may not have its ports yet: no device loses all of them.
    if (facts.interfaces?.length === 0 && known.ports.some(({ present }) => present)) return;
    const plan = planPorts(known.ports, interfaces, at, partial.includes('interfaces'));
    // Labels first: should the process die in between, the same reading is applied again, and moves nothing twice.
    await metrics.relabel(
      deviceId,
      at,
      plan.moves.map(({ from, to }) => ({ from: { ...from }, to: { ...to } })),
    );
    if (!isEmptyPlan(plan)) await ports.write(deviceId, at, plan);
    applied.set(deviceId, digest);
  }

  return {
    async observe(records) {
      for (const record of records) {
        if (record.facts.interfaces) await apply(record, record.facts.interfaces);
      }
    },
    forget: (deviceId) => void applied.delete(deviceId),
  };
}
