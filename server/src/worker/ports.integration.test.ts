import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createReplayAgent } from '@sotp/simulator/agent.ts';
import type { Agent } from '@sotp/simulator/agent.ts';
import { parseRecording } from '@sotp/simulator/recording.ts';
import { serve } from '@sotp/simulator/serve.ts';
import type { DeviceChange } from '@sotp/contract/changes.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { systemActor } from '#services/access/actor.ts';
import { openWorld } from './testing/world.ts';

const PORT = 20_000 + (process.pid % 10_000);
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
/** A counter says which port it is of: so many for every port. */
const PER_PORT = 1_000_000;
const MINUTE = 60_000;

/** A port as it truly is: `port` never changes. */
interface TruePort {
  readonly port: number;
  readonly ifIndex: number;
  readonly name: string;
  readonly alias: string;
  readonly mac: string;
}
const mac = (n: number) => `0200000000${n.toString(16).padStart(2, '0')}`;
const truePort = (port: number, more: Partial<TruePort> = {}): TruePort => ({
  port,
  ifIndex: port,
  name: `Gi1/0/${port}`,
  alias: `desk ${port}`,
  mac: mac(port),
  ...more,
});

/** A walk of a device with these ports, at its nth minute. */
function walk(ports: readonly TruePort[], minute: number, uptimeTicks: number): Agent {
  const lines = [
    `1.3.6.1.2.1.1.1.0|4|Switch`,
    `1.3.6.1.2.1.1.3.0|67|${uptimeTicks}`,
    `1.3.6.1.2.1.1.5.0|4|sw`,
    `1.3.6.1.2.1.2.1.0|2|${ports.length}`,
    ...ports.flatMap(({ port, ifIndex, name, alias, mac: octets }) => [
      `${IF}.1.${ifIndex}|2|${ifIndex}`,
      `${IF}.2.${ifIndex}|4|${name} of the switch`,
      `${IF}.3.${ifIndex}|2|6`,
      `${IF}.6.${ifIndex}|4x|${octets}`,
      `${IF}.7.${ifIndex}|2|1`,
      `${IF}.8.${ifIndex}|2|1`,
      `${IFX}.1.${ifIndex}|4|${name}`,
      `${IFX}.6.${ifIndex}|70|${port * PER_PORT + minute}`,
      `${IFX}.18.${ifIndex}|4|${alias}`,
    ]),
  ];
  return createReplayAgent(parseRecording(lines.join('\n')));
}

const ports = [1, 2, 3, 4, 5, 6].map((n) => truePort(n));
const member = (m: number, n: number) => truePort(10 * m + n, { name: `Gi${m}/0/${n}`, alias: `desk ${m}-${n}` });
const stack = [member(1, 1), member(1, 2), member(2, 1), member(2, 2)];

/** What becomes of a device between two walks; every true port that is in both must have one history. */
const PAIRS: readonly {
  readonly what: string;
  readonly from: readonly TruePort[];
  readonly to: readonly TruePort[];
}[] = [
  { what: 'all ifIndexes are others', from: ports, to: ports.map((one) => ({ ...one, ifIndex: 7 - one.ifIndex })) },
  {
    what: 'new software calls every port otherwise',
    from: ports,
    to: ports.map((one) => ({ ...one, name: `ethernet${one.port}`, ifIndex: one.ifIndex + 1000 })),
  },
  {
    what: 'the members of a stack exchange their numbers',
    from: stack,
    to: stack.map((one, i) => ({ ...one, name: stack[(i + 2) % 4]!.name, ifIndex: stack[(i + 2) % 4]!.ifIndex })),
  },
  {
    what: 'a module is exchanged for one of the same kind',
    from: ports,
    to: ports.map((one) => ({ ...one, ifIndex: one.ifIndex + 50, mac: mac(one.port + 100) })),
  },
  {
    what: 'one port goes and another one gets its ifIndex',
    from: ports,
    to: [...ports.slice(1), truePort(90, { ifIndex: 1, name: 'Te9/1', alias: 'new' })],
  },
  {
    what: 'two ports are called as the other was, and all are numbered anew',
    from: ports,
    to: ports.map((one) => ({
      ...one,
      ifIndex: 20 - one.ifIndex,
      ...(one.port === 1 && { name: 'Gi1/0/2' }),
      ...(one.port === 2 && { name: 'Gi1/0/1' }),
    })),
  },
];

let world: Awaited<ReturnType<typeof openWorld>>;
let server: Awaited<ReturnType<typeof serve>>;
let ahead = 0;
const clock = {
  ...systemClock,
  now: () => systemClock.now() + ahead,
  monotonic: () => systemClock.monotonic() + ahead,
};
const agents: Agent[] = [];
const ids: number[] = [];
const actor = systemActor;

before(async () => {
  // Time moves on with the polls; it ends now, so that nothing is stored in the future.
  ahead = -10 * MINUTE;
  world = await openWorld({ log: silentLog, clock });
  server = await serve(
    PAIRS.map((_, i) => ({
      address: `127.23.3.${i + 1}`,
      port: PORT,
      agent: { handle: (request: Uint8Array) => agents[i]?.handle(request) ?? null },
    })),
  );
  const { credentials, devices } = world.inventory;
  const { id } = await credentials.create(actor, { name: 'c', kind: 'snmp-v2c', secret: { community: 'public' } });
  for (const i of PAIRS.keys()) {
    const collectors = [{ name: 'snmp', settings: { port: PORT } }];
    const device = await devices.create(actor, { address: `127.23.3.${i + 1}`, credentials: [id], collectors });
    ids.push(Number(device.id));
  }
});
after(async () => {
  await server.stop();
  await world.close();
});

/** What each true port's polls are found under: labels, and the minutes that its counters tell. */
async function histories(deviceId: number) {
  const { metrics } = world.stores;
  const series = await metrics.series({ deviceIds: [deviceId], metric: 'ifHCInOctets', limit: 1000 });
  const answer = await metrics.range({
    series,
    from: clock.now() - 12 * MINUTE,
    to: clock.now() + MINUTE,
    stepMs: 1_000,
    fn: 'last',
  });
  return answer.map(({ series: { labels }, points }) => {
    const values = points.flatMap(([, value]) => value ?? []);
    return {
      labels,
      trulyOf: [...new Set(values.map((value) => Math.floor(value / PER_PORT)))],
      minutes: values.map((value) => value % PER_PORT),
    };
  });
}

test('whatever happens to the ports of a device, each keeps its one history, and no two are joined', async () => {
  let minute = 0;
  for (const side of ['from', 'from', 'to', 'to', 'to'] as const) {
    minute++;
    ahead += 65_000;
    for (const [i, pair] of PAIRS.entries())
      agents[i] = walk(pair[side], minute, (side === 'to' ? 1_000 : 900_000) + minute);
    for (const { run } of await world.pollAll(ids)) assert.equal(run.error, null);
  }
  let kept = 0;
  for (const [i, { what, from, to }] of PAIRS.entries()) {
    const found = await histories(ids[i]!);
    for (const { trulyOf, labels } of found) {
      assert.ok(trulyOf.length <= 1, `${what}: ${JSON.stringify(labels)} holds ports ${trulyOf.join()}`);
    }
    for (const one of to) {
      const own = found.filter(({ trulyOf }) => trulyOf[0] === one.port);
      assert.equal(own.length, 1, `${what}: port ${one.port} has ${own.length} histories`);
      assert.deepEqual(own[0]?.labels, { interface: one.name, ifIndex: String(one.ifIndex) }, what);
      const old = from.some(({ port }) => port === one.port);
      const minutes = own[0]?.minutes ?? [];
      for (const wanted of old ? [1, 2, 4, 5] : [4, 5]) {
        assert.ok(minutes.includes(wanted), `${what}: port ${one.port} has minutes ${minutes.join()}`);
      }
      kept++;
    }
  }
  assert.equal(kept, 34);
});

const changesOf = async (deviceId: number): Promise<DeviceChange[]> =>
  (await world.inventory.devices.changes(actor, String(deviceId), { limit: 1000 })).items;

test('what was decided stands among the changes with its reason, once, and can be taken back and taken again', async () => {
  const renamed = ids[1]!;
  const changes = await changesOf(renamed);
  const decision = changes.find(({ subject }) => subject === 'ethernet3');
  assert.deepEqual([decision?.kind, decision?.reversal], ['recognised', 'split']);
  assert.deepEqual(decision?.before, { name: 'Gi1/0/3', ifIndex: 3 });
  assert.deepEqual(decision?.after, { name: 'ethernet3', ifIndex: 1003 });
  assert.match(decision?.why ?? '', /^Taken for Gi1\/0\/3: the same MAC address/);
  assert.equal(
    changes.filter(({ section }) => section === 'interfaces').length,
    6,
    'nothing vanished, nothing appeared',
  );

  const { portDecisions } = world.inventory;
  await portDecisions.reverse(actor, String(renamed), decision!.id);
  await assert.rejects(portDecisions.reverse(actor, String(renamed), decision!.id), { code: 'conflict' });
  const parted = (await histories(renamed)).filter(({ trulyOf }) => trulyOf[0] === 3);
  assert.deepEqual(
    parted.map(({ labels, minutes }) => [labels['interface'], minutes]),
    [
      ['Gi1/0/3', [1, 2]],
      ['ethernet3', [4, 5]],
    ],
  );
  // The next reading knows both.
  ahead += 65_000;
  agents[1] = walk(PAIRS[1]!.to, 6, 1_006);
  await world.pollAll([renamed]);
  const later = (await histories(renamed)).filter(({ trulyOf }) => trulyOf[0] === 3);
  assert.deepEqual(
    later.map(({ minutes }) => minutes),
    [
      [1, 2],
      [4, 5, 6],
    ],
  );
});

test('ports of which name and MAC say two different things are new ones, until somebody says which they are', async () => {
  const exchanged = ids[5]!;
  const bare = (list: readonly TruePort[]) => list.map((one) => ({ ...one, alias: '' }));
  const { to } = PAIRS[5]!;
  const again = bare(to).map((one) => ({
    ...one,
    ...(one.port === 3 && { name: 'Gi1/0/4' }),
    ...(one.port === 4 && { name: 'Gi1/0/3' }),
  }));
  for (const [n, list] of [to, bare(to), bare(to), again, again].entries()) {
    ahead += 65_000;
    agents[5] = walk(list, 10 + n, (n < 3 ? 2_000 : 100) + n);
    await world.pollAll([exchanged]);
  }
  const separated = (await changesOf(exchanged)).filter(({ kind }) => kind === 'separated');
  assert.deepEqual(separated.map(({ subject }) => subject).toSorted(), ['Gi1/0/3', 'Gi1/0/4']);
  const third = separated.find(({ after: values }) => values?.['name'] !== undefined || values?.['mac'] !== undefined);
  assert.equal(third?.reversal, 'join');
  for (const { trulyOf, labels } of await histories(exchanged)) {
    assert.ok(trulyOf.length <= 1, `${JSON.stringify(labels)} holds ports ${trulyOf.join()}`);
  }
  const before3 = (await histories(exchanged)).length;
  await world.inventory.portDecisions.reverse(actor, String(exchanged), third!.id);
  assert.equal((await histories(exchanged)).length, before3 - 1);
});
