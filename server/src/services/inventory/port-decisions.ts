import { parseId } from '#domain/paging.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import { labelsOf } from '#domain/port-plan.ts';
import type { LabelledPort } from '#domain/port-plan.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import type { PortStore, StoredDecision } from '#stores/ports/ports.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import type { Devices } from './devices.ts';

/** What SOTP decided about ports, and how somebody who knows better takes it back. */
export interface PortDecisions {
  /**
   * A port that was recognised becomes two, parted where it was decided; one that was taken for new gets the history of
   * the port that it looked like. Throws `conflict` when that cannot be any more.
   */
  reverse(actor: Actor, deviceId: string, changeId: string): Promise<void>;
}

export interface PortDecisionsDeps {
  devices: Devices;
  ports: PortStore;
  metrics: Pick<MetricStore, 'fork' | 'join'>;
  audit: Audit;
  bus: Bus;
}

export function createPortDecisions({ devices, ports, metrics, audit, bus }: PortDecisionsDeps): PortDecisions {
  async function portOf(deviceId: number, portId: number, sentence: string): Promise<LabelledPort> {
    const port = (await ports.read(deviceId))?.ports.find(({ id }) => id === portId);
    if (!port) throw new AppError('conflict', sentence);
    return port;
  }

  async function split(deviceId: number, decision: StoredDecision): Promise<void> {
    const port = await portOf(deviceId, decision.portId, 'The port is no longer known: there is nothing to part.');
    const aside = { ...labelsOf(decision.before), removed: new Date(decision.at).toISOString() };
    await metrics.fork(deviceId, decision.at, { from: { ...port.labels }, to: { ...aside } });
    await ports.split(decision, aside);
  }

  async function join(deviceId: number, decision: StoredDecision): Promise<void> {
    const gone = 'One of the two ports is no longer known: there is nothing to join.';
    const young = await portOf(deviceId, decision.portId, gone);
    const old = await portOf(deviceId, decision.knownId, gone);
    if (old.present) throw new AppError('conflict', 'Both ports are there now: they are two, and stay two.');
    await metrics.join(deviceId, decision.at, { from: { ...old.labels }, to: { ...young.labels } });
    await ports.join(decision);
  }

  return {
    async reverse(actor, deviceId, changeId) {
      const device = await devices.find(actor, deviceId);
      const key = parseId(changeId);
      const decision = key === undefined ? undefined : await ports.decision(device.id, key);
      if (!decision) throw new AppError('not_found', 'There is no such decision about a port of this device.');
      if (decision.reversedAt !== null) throw new AppError('conflict', 'This decision has been reversed already.');
      if (decision.kind === 'recognised') await split(device.id, decision);
      else await join(device.id, decision);
      bus.publish(BUS_TOPICS.devices, { deviceId: String(device.id), change: 'facts' });
      await audit.record(actor, 'port.reverse', `device/${device.id}`, {
        name: device.name,
        port: decision.subject,
        decision: decision.kind,
      });
    },
  };
}
