import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import { serve } from '@sotp/simulator/serve.ts';
import { systemClock } from '#platform/clock.ts';
import { systemActor } from '#services/access/actor.ts';
import { openWorld } from './testing/world.ts';

/** More with SOTP_TEST_ROTATION=200. */
const DEVICES = Number(process.env['SOTP_TEST_ROTATION'] ?? 40);
const OLD = 'c4n4ry-old';
const NEW = 'c4n4ry-new';
const PORT = 20_000 + (process.pid % 10_000);

/** Agents that take one community each, until they are told to take the other. */
async function openAgents() {
  const shape = { devices: DEVICES, ports: 4, seed: 3, listen: '127.23.1.1', plain: true };
  const [before, after] = [OLD, NEW].map((community) => createFleet({ ...shape, community }));
  assert.ok(before && after);
  const takes = Array.from({ length: DEVICES }, () => OLD);
  const waiting = new Map<number, number>();
  const server = await serve(
    before.devices.map(({ index, address }) => ({
      address,
      port: PORT,
      agent: {
        handle(request: Uint8Array) {
          const left = waiting.get(index);
          if (left === 0) takes[index] = NEW;
          if (left !== undefined) waiting.set(index, left - 1);
          return (takes[index] === OLD ? before : after).agent(index).handle(request);
        },
      },
    })),
  );
  return {
    addresses: before.devices.map(({ address }) => address),
    switchNow: (index: number) => (takes[index] = NEW),
    /** In the middle of a poll: after so many more requests. */
    switchAfter: (index: number, requests: number) => waiting.set(index, requests),
    stop: () => server.stop(),
  };
}

test(`the community of ${DEVICES} agents is rotated: no poll is lost, and no secret is in a log, an answer or a table`, async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const world = await openWorld({ log, clock: systemClock });
  const agents = await openAgents();
  const { credentials, credentialUse, credentialSets, devices } = world.inventory;
  const actor = systemActor;
  const answers: unknown[] = [];
  try {
    const wrong = await credentials.create(actor, {
      name: 'elsewhere',
      kind: 'snmp-v2c',
      secret: { community: 'c4n4ry-wrong' },
    });
    const { id } = await credentials.create(actor, { name: 'campus', kind: 'snmp-v2c', secret: { community: OLD } });
    // Nobody says what the devices speak: the sets do.
    await credentialSets.create(actor, { name: 'lab', subnets: ['127.23.0.0/16'], credentials: [wrong.id, id] });
    const ids: number[] = [];
    for (const address of agents.addresses) {
      const collectors = [{ name: 'snmp', settings: { port: PORT, timeoutMs: 500 } }];
      const device = await devices.create(actor, { address, collectors });
      ids.push(Number(device.id));
    }
    let polls = 0;
    const pollAll = async () => {
      await world.bus.flush();
      for (const { run } of await world.pollAll(ids)) {
        polls++;
        assert.deepEqual({ up: run.up, error: run.error }, { up: true, error: null });
      }
    };
    await pollAll();
    await pollAll();
    const [first] = (await credentialUse.ofDevice(actor, String(ids[0]))).items.filter(({ inUse }) => inUse);
    assert.deepEqual([first?.credentialId, first?.set, first?.answeredWith], [id, 'lab', 'current']);
    answers.push(await credentials.rotate(actor, id, { community: NEW }));
    await assert.rejects(credentials.finishRotation(actor, id, false), { code: 'conflict' });
    for (let index = 0; index < DEVICES; index++) {
      if (index % 2 === 0) agents.switchNow(index);
      else agents.switchAfter(index, index % 5);
      if (index % (DEVICES / 4) === DEVICES / 4 - 1) await pollAll();
      answers.push((await credentials.get(id)).rotation);
    }
    await pollAll();
    const { rotation } = await credentials.get(id);
    assert.deepEqual([rotation?.devices, rotation?.answered], [DEVICES, DEVICES]);
    answers.push(await credentials.finishRotation(actor, id, false));
    await pollAll();
    await pollAll();
    assert.equal(polls, DEVICES * 9);
    const users = await credentialUse.usersOf(actor, id, { limit: 1000 });
    assert.ok(users.items.every(({ answeredWith }) => answeredWith === 'current'));
    assert.equal(users.items.length, DEVICES);
    answers.push(users, (await credentials.list({ limit: 10 })).items, await devices.list(actor, listAll));
    const { rows: tables } = await world.pg.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const dump: string[] = [];
    for (const { name } of tables) {
      const { rows } = await world.pg.query<{ row: string }>(`select t::text as row from ${name} t`);
      dump.push(...rows.map(({ row }) => row));
    }
    for (const text of [lines.join(''), JSON.stringify(answers), dump.join('\n')]) {
      assert.ok(!text.includes('c4n4ry'), text.slice(Math.max(0, text.indexOf('c4n4ry') - 200)).slice(0, 300));
    }
  } finally {
    await agents.stop();
    await world.close();
  }
});

const listAll = { limit: 100, sort: 'name', order: 'asc' } as const;
