import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { NO_KEYS } from '#protocols/snmp/usm/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { droppedDuring, openTestTransport, read, stillClock } from '#collectors/snmp/testing/session.ts';
import { V3_PASSWORDS, startV3Agent } from '#collectors/snmp/testing/v3Agent.ts';
import type { V3Agent, V3Request } from '#collectors/snmp/testing/v3Agent.ts';
import type { DropReason, SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import { Session } from './session.ts';
import { usmSecurity } from './usm.ts';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const TIMEOUT_MS = 1000;

let transport: SnmpTransport;
before(async () => {
  transport = await openTestTransport();
});
after(() => transport.close());

async function withV3Agent<T>(
  behave: (request: V3Request, agent: V3Agent) => void,
  use: (ask: () => Promise<string | undefined>, agent: V3Agent, session: Session) => Promise<T>,
  { clock = systemClock as Clock, context = '', carrier = transport } = {},
): Promise<T> {
  const agent: V3Agent = await startV3Agent((request) => behave(request, agent));
  const user = {
    name: 'u',
    context,
    auth: { protocol: 'SHA256', password: V3_PASSWORDS.auth },
    priv: { protocol: 'AES', password: V3_PASSWORDS.priv },
  } as const;
  const security = usmSecurity(user, { clock, ring: createKeyRing(), salt: Buffer.alloc(8) });
  const endpoint = { address: '127.0.0.1', port: agent.port, family: 4 } as const;
  const session = new Session({
    transport: carrier,
    endpoint,
    security,
    timeoutMs: TIMEOUT_MS,
    tries: 2,
    random: Math.random,
  });
  try {
    return await use(async () => (await read(session).get([SYS_NAME]))[0]?.value?.toString(), agent, session);
  } finally {
    await agent.stop();
  }
}

const otherKey = Buffer.alloc(32, 9);
const forgeries: readonly [string, DropReason, (request: V3Request, agent: V3Agent) => Buffer][] = [
  ['in clear text', 'security', (request) => request.answer('a lie', { keys: NO_KEYS })],
  [
    'authenticated but in clear text',
    'security',
    (request, agent) => request.answer('a lie', { keys: { ...agent.keys(), priv: null } }),
  ],
  [
    'with the wrong key',
    'security',
    (request, agent) =>
      request.answer('a lie', { keys: { ...agent.keys(), auth: { protocol: 'SHA256', key: otherKey } } }),
  ],
  [
    'with a MAC of another protocol',
    'security',
    (request, agent) =>
      request.answer('a lie', { keys: { ...agent.keys(), auth: { protocol: 'MD5', key: otherKey } } }),
  ],
  ['with a MAC of no octets', 'security', (request) => withMacOf(request.answer('a lie'), 0)],
  ['with a MAC of one octet', 'security', (request) => withMacOf(request.answer('a lie'), 1)],
  ['of another user', 'security', (request) => request.answer('a lie', { header: { user: 'v' } })],
  [
    'of another engine',
    'security',
    (request) => request.answer('a lie', { header: { engineId: Buffer.from('80001f8804ffffff', 'hex') } }),
  ],
  ['for another context', 'content', (request) => request.answer('a lie', { contextName: 'other' })],
  [
    'with a date long past',
    'security',
    (request, agent) => request.answer('a lie', { header: { time: agent.engine.time - 200 } }),
  ],
  [
    'of an earlier boot',
    'security',
    (request, agent) => request.answer('a lie', { header: { boots: agent.engine.boots - 1 } }),
  ],
];

/** The same message with a MAC cut to that many octets and all lengths made to fit. */
function withMacOf(message: Buffer, octets: number): Buffer {
  const at = message.indexOf(Buffer.from([0x04, 24]), 40);
  const cut = 24 - octets;
  const changed = Buffer.concat([message.subarray(0, at + 2 + octets), message.subarray(at + 26)]);
  changed[at + 1] = octets;
  // The security parameters: an OCTET STRING that wraps a SEQUENCE, both of short length, before the engine id.
  const sequence = message.lastIndexOf(0x30, at - 20);
  for (const header of [sequence, sequence - 2]) changed[header + 1] = (changed[header + 1] ?? 0) - cut;
  if (changed[1] === 0x81) changed[2] = (changed[2] ?? 0) - cut;
  else changed[1] = (changed[1] ?? 0) - cut;
  return changed;
}

for (const [name, reason, forge] of forgeries) {
  test(`an answer ${name} is dropped and counted, and the true one behind it is used`, async () => {
    await withV3Agent(
      (request, agent) => {
        if (request.count > 1) request.send(forge(request, agent));
        request.send(request.answer('truth'));
      },
      async (ask) => {
        assert.equal(await ask(), 'truth');
        const { result, dropped } = await droppedDuring(transport, ask);
        assert.equal(result, 'truth');
        assert.deepEqual(dropped, { [reason]: 1 });
      },
    );
  });
}

const windowReport = [{ oid: '1.3.6.1.6.3.15.1.1.2.0', type: SnmpType.counter32, value: 1 }];
test('an unauthenticated Report about the time window changes nothing: the true answer is used, the next request has the same time', async () => {
  await withV3Agent(
    (request) => {
      if (request.count === 2) {
        const header = { boots: 99, time: 999_999 };
        request.send(request.answer(windowReport, { type: PduType.report, keys: NO_KEYS, header }));
      }
      request.send(request.answer('truth'));
    },
    async (ask, agent) => {
      for (let i = 0; i < 3; i += 1) assert.equal(await ask(), 'truth');
      for (const { boots, time } of agent.asked) {
        assert.equal(boots, 7);
        assert.ok(time >= 1000 && time < 1005);
      }
    },
  );
});

test('an unauthenticated Report without an answer is told as the cause', async () => {
  await withV3Agent(
    (request) => request.send(request.answer(windowReport, { type: PduType.report, keys: NO_KEYS })),
    (ask) => assert.rejects(ask(), { code: 'snmp_not_in_time_window' }),
  );
});

const moves: readonly [string, (engine: V3Agent['engine']) => void][] = [
  ['has booted again', (engine) => Object.assign(engine, { boots: 8, time: 3 })],
  ['has drifted ahead by ten minutes', (engine) => Object.assign(engine, { time: 1600 })],
  ['has fallen back by ten minutes', (engine) => Object.assign(engine, { time: 400 })],
  ['has lost its boots counter', (engine) => Object.assign(engine, { boots: 1, time: 5 })],
  [
    'has another engine ID',
    (engine) => Object.assign(engine, { id: Buffer.from('80001f880499', 'hex'), boots: 1, time: 5 }),
  ],
];
for (const [name, move] of moves) {
  test(`an agent that ${name} is followed within one request`, async () => {
    await withV3Agent(
      (request) => request.send(request.answer('truth')),
      async (ask, agent, session) => {
        assert.equal(await ask(), 'truth');
        const { epoch } = session.security;
        move(agent.engine);
        assert.equal(await ask(), 'truth');
        assert.equal(await ask(), 'truth');
        assert.equal(epoch !== session.security.epoch, !name.includes('minutes'), 'a new epoch tells of a restart');
      },
    );
  });
}

test('an engine whose boots counter is at its end is told as such', async () => {
  await withV3Agent(
    (request) => request.send(request.answer('truth')),
    async (ask, agent) => {
      agent.engine.boots = 0x7fff_ffff;
      await assert.rejects(ask(), { code: 'snmp_not_in_time_window' });
    },
  );
});

test('an engine that somebody else pretends to be does not displace the true one', async () => {
  await withV3Agent(
    (request, agent) => {
      if (request.count === 2) {
        const id = agent.engine.id;
        // A forged "unknown engine" that names another one, and silence from the true agent this time.
        const varbinds = [{ oid: '1.3.6.1.6.3.15.1.1.4.0', type: SnmpType.counter32, value: 1 }];
        const header = { engineId: Buffer.from('80001f8804666f72676564', 'hex') };
        request.send(request.answer(varbinds, { type: PduType.report, keys: NO_KEYS, header }));
        agent.engine.id = id;
      } else request.send(request.answer('truth'));
    },
    async (ask, _agent, session) => {
      assert.equal(await ask(), 'truth');
      const { epoch } = session.security;
      await ask().catch(() => undefined);
      assert.equal(await ask(), 'truth');
      assert.equal(session.security.epoch, epoch);
    },
  );
});

test('the first request takes one exchange more, to learn the engine, and nothing is dropped', async () => {
  await withV3Agent(
    (request) => request.send(request.answer('truth')),
    async (ask) => {
      const sent = transport.counters.sent;
      const { result, dropped } = await droppedDuring(transport, ask);
      assert.deepEqual([result, transport.counters.sent - sent, dropped], ['truth', 2, {}]);
    },
  );
});

/** An agent that answers what `hears` says, and leaves the rest until its time is over: at once, by a clock of its own. */
async function withDeafAgent(
  context: string,
  hears: (request: V3Request) => boolean,
  use: (ask: () => Promise<string | undefined>, agent: V3Agent, session: Session) => Promise<void>,
): Promise<void> {
  const clock = stillClock();
  const carrier = await openTestTransport(clock);
  const behave = (request: V3Request): void => {
    if (hears(request)) request.send(request.answer('truth', { contextName: request.contextName }));
    else clock.forward(TIMEOUT_MS);
  };
  try {
    await withV3Agent(behave, use, { clock, context, carrier });
  } finally {
    await carrier.close();
  }
}

for (const context of ['', 'vlan-7']) {
  const without = context === '' ? 'privacy' : 'its context';
  test(`a request that was only lost is told as unanswered, though the agent is heard without ${without}`, async () => {
    await withDeafAgent(
      context,
      ({ count }) => count > 2,
      async (ask, agent, session) => {
        await assert.rejects(ask(), { code: 'no_answer' });
        const asked = agent.asked.length;
        assert.equal(await ask(), 'truth');
        assert.deepEqual([agent.asked.length - asked, session.silent], [1, false]);
      },
    );
  });
}

for (const [what, code, hears] of [
  ['its context', 'snmp_unknown_context', ({ contextName }: V3Request) => contextName === ''],
  ['what is encrypted', 'snmp_wrong_privacy', ({ encrypted }: V3Request) => !encrypted],
] as const) {
  test(`an agent that is deaf to ${what} and to nothing else is told as ${code}, at every request`, async () => {
    await withDeafAgent('vlan-7', hears, async (ask) => {
      for (let i = 0; i < 2; i += 1) await assert.rejects(ask(), { code });
    });
  });
}

test('an agent that takes as long as a request is waited for is never told to be deaf', async () => {
  const clock = stillClock();
  const carrier = await openTestTransport(clock);
  const behave = (request: V3Request): void => {
    clock.forward(request.encrypted ? TIMEOUT_MS : TIMEOUT_MS / 2);
    if (!request.encrypted) request.send(request.answer('truth'));
  };
  try {
    await withV3Agent(behave, (ask) => assert.rejects(ask(), { code: 'no_answer' }), { clock, carrier });
  } finally {
    await carrier.close();
  }
});
