import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Target } from '../../../server/src/collectors/collector.ts';
import { createSnmpCollector } from '../../../server/src/collectors/snmp/index.ts';
import { COST_SERIES } from '../../../server/src/collectors/snmp/poll/cost.ts';
import { SnmpSettings } from '../../../server/src/collectors/snmp/settings.ts';
import { openDgramTransport } from '../../../server/src/collectors/snmp/transport/dgram.ts';
import { openKoffiTransport } from '../../../server/src/collectors/snmp/transport/koffi.ts';
import { systemClock } from '../../../server/src/platform/clock.ts';
import { silentLog } from '../../../server/src/platform/log.ts';
import { addressOf, v3Credential } from '../device.ts';
import type { Datagrams, Plan } from './peer.ts';

const v2c: CredentialSecret = { kind: 'snmp-v2c', secret: { community: 'public' } };

/** SOTP's collector as a contender. */
export interface SotpPoller {
  /** Polls one device as the runner does, and answers how many values came. */
  poll(device: number): Promise<number>;
  /** The transport's counts since it was opened. */
  datagrams(): Datagrams;
}

/** Opens it over one of its transports. */
export async function sotpPoller(batched: boolean, { devices, port, security }: Plan): Promise<SotpPoller> {
  const deps = { clock: systemClock, log: silentLog, random: Math.random };
  const transport = await (batched ? openKoffiTransport(deps) : openDgramTransport(deps));
  const collector = createSnmpCollector(transport, deps);
  const value = security === 'v3' ? v3Credential : v2c;
  const targets = Array.from({ length: devices }, (_, deviceId): Target => {
    return { deviceId, address: addressOf(deviceId), credentials: [{ id: 'c', name: 'credential', value }] };
  });
  const settings = SnmpSettings.parse({ port });
  const { signal } = new AbortController();
  return {
    async poll(device) {
      const target = targets[device] as Target;
      const result = await collector.poll(target, settings, { signal, budgetMs: 60_000, at: Date.now() });
      let count = 0;
      for (const { values } of result.samples) {
        if (values.includes(Number.NaN)) throw new Error(`device ${device} left values out`);
        count += values.length;
      }
      // What the poll cost stands among them, and was not asked for.
      return count - COST_SERIES.length;
    },
    datagrams: () => ({ ...transport.counters }),
  };
}
