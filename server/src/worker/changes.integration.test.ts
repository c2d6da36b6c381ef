import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplayAgent } from '@sotp/simulator/agent.ts';
import type { Agent } from '@sotp/simulator/agent.ts';
import { parseRecording } from '@sotp/simulator/recording.ts';
import { serve } from '@sotp/simulator/serve.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { systemActor as actor } from '#services/access/actor.ts';
import { openWorld } from './testing/world.ts';

const PORT = 20_000 + (process.pid % 10_000);
const ADDRESS = '127.23.4.1';
const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const LLDP = '1.0.8802.1.1.2.1';

interface State {
  readonly version: string;
  readonly serial: string;
  readonly speedMbps: number;
  readonly neighbor: string;
  readonly modules: readonly { readonly index: number; readonly serial: string }[];
}

/** A walk of a switch with a chassis, modules, a port and a neighbor. */
function walk({ version, serial, speedMbps, neighbor, modules }: State, ticks: number): Agent {
  const part = (index: number, parent: number, kind: number, name: string, own: string) => [
    `${ENTITY}.2.${index}|4|${name}`,
    `${ENTITY}.4.${index}|2|${parent}`,
    `${ENTITY}.5.${index}|2|${kind}`,
    `${ENTITY}.7.${index}|4|${name}`,
    `${ENTITY}.10.${index}|4|${kind === 3 ? version : ''}`,
    `${ENTITY}.11.${index}|4|${own}`,
    `${ENTITY}.13.${index}|4|MODEL-${kind}`,
  ];
  const lines = [
    '1.3.6.1.2.1.1.1.0|4|A switch',
    '1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1',
    `1.3.6.1.2.1.1.3.0|67|${ticks}`,
    '1.3.6.1.2.1.1.5.0|4|sw',
    '1.3.6.1.2.1.2.1.0|2|1',
    '1.3.6.1.2.1.2.2.1.1.1|2|1',
    '1.3.6.1.2.1.2.2.1.2.1|4|port 1',
    '1.3.6.1.2.1.2.2.1.3.1|2|6',
    '1.3.6.1.2.1.2.2.1.5.1|66|4294967295',
    '1.3.6.1.2.1.2.2.1.8.1|2|1',
    '1.3.6.1.2.1.31.1.1.1.1.1|4|Te1/1',
    '1.3.6.1.2.1.31.1.1.1.6.1|70|1000',
    `1.3.6.1.2.1.31.1.1.1.15.1|66|${speedMbps}`,
    ...part(1, 0, 3, 'Chassis', serial),
    ...modules.flatMap((module) => part(module.index, 1, 9, `Slot ${module.index}`, module.serial)),
    `${LLDP}.3.7.1.2.1|2|5`,
    `${LLDP}.3.7.1.3.1|4|Te1/1`,
    `${LLDP}.3.7.1.4.1|4|Te1/1`,
    `${LLDP}.4.1.1.4.0.1.1|2|4`,
    `${LLDP}.4.1.1.5.0.1.1|4x|020000000001`,
    `${LLDP}.4.1.1.6.0.1.1|2|5`,
    `${LLDP}.4.1.1.7.0.1.1|4|Gi0/24`,
    `${LLDP}.4.1.1.8.0.1.1|4|Gi0/24`,
    `${LLDP}.4.1.1.9.0.1.1|4|${neighbor}`,
  ];
  return createReplayAgent(parseRecording(lines.join('\n')));
}

test('version, serial number, modules in and out, link speed and neighbor: each change is an event with before and after', async () => {
  let ahead = 0;
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
  };
  let agent: Agent;
  const world = await openWorld({ log: silentLog, clock });
  const server = await serve([
    { address: ADDRESS, port: PORT, agent: { handle: (request: Uint8Array) => agent.handle(request) } },
  ]);
  try {
    const { credentials, devices } = world.inventory;
    const { id } = await credentials.create(actor, { name: 'c', kind: 'snmp-v2c', secret: { community: 'public' } });
    const collectors = [{ name: 'snmp', settings: { port: PORT } }];
    const device = await devices.create(actor, { address: ADDRESS, credentials: [id], collectors });
    const before = {
      version: '1.0',
      serial: 'CH1',
      speedMbps: 10_000,
      neighbor: 'core-1',
      modules: [
        { index: 2, serial: 'M2' },
        { index: 3, serial: 'M3' },
      ],
    };
    const after = {
      version: '2.0',
      serial: 'CH9',
      speedMbps: 1_000,
      neighbor: 'core-2',
      modules: [
        { index: 2, serial: 'M2' },
        { index: 4, serial: 'M4' },
      ],
    };
    // Restarted in between: an agent whose uptime goes back is read anew, with the poll after.
    for (const [state, ticks] of [
      [before, 90_000],
      [after, 100],
      [after, 6_600],
    ] as const) {
      agent = walk(state, ticks);
      const [outcome] = await world.pollAll([Number(device.id)]);
      assert.equal(outcome?.run.error, null);
      ahead += 65_000;
    }
    const { items } = await devices.changes(actor, device.id, { limit: 100 });
    const told = items.map(({ section, kind, subject, before: was, after: is }) => [section, kind, subject, was, is]);
    const has = (...wanted: unknown[]) =>
      assert.ok(
        told.some((one) => JSON.stringify(one) === JSON.stringify(wanted)),
        `${JSON.stringify(wanted)} is not among ${JSON.stringify(told, null, 1)}`,
      );
    has('system', 'changed', 'osVersion', { osVersion: '1.0' }, { osVersion: '2.0' });
    has('system', 'changed', 'serial', { serial: 'CH1' }, { serial: 'CH9' });
    has('hardware', 'changed', 'Chassis', { serial: 'CH1' }, { serial: 'CH9' });
    has('hardware', 'vanished', 'Slot 3', { model: 'MODEL-9', serial: 'M3' }, null);
    has('hardware', 'appeared', 'Slot 4', null, { model: 'MODEL-9', serial: 'M4' });
    has('interfaces', 'changed', 'Te1/1', { speedBps: 10e9 }, { speedBps: 1e9 });
    has('neighbors', 'changed', 'Te1/1 (LLDP)', { remoteName: 'core-1' }, { remoteName: 'core-2' });
    assert.equal(items.length, 7);
  } finally {
    await server.stop();
    await world.close();
  }
});
