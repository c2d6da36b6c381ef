import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { encodeMessage, tryDecodeMessage } from '#protocols/snmp/message.ts';
import { MessageFramer } from '#protocols/snmp/framing.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { communitySecurity } from '#collectors/snmp/client/security.ts';
import { Session } from '#collectors/snmp/client/session.ts';
import { SYS_UP_TIME, droppedDuring, read, stillClock, testTransports } from '#collectors/snmp/testing/session.ts';
import type { StillClock } from '#collectors/snmp/testing/session.ts';
import type { SnmpTransport } from './transport.ts';

/** Of a clock that stands still: it is over when a test says so. */
const TIMEOUT_MS = 30_000;

interface StreamRequest {
  readonly requestId: number;
  /** Its number, from 1 on, and that of the connection that it came over. */
  readonly count: number;
  readonly connection: number;
  readonly socket: Socket;
  /** A response with that uptime, to this request or another. */
  answer(ticks: number, requestId?: number): Buffer;
}

/** An agent over TCP that does whatever `behave` does, and a session with it. */
async function withStreamAgent(
  transport: SnmpTransport,
  behave: (request: StreamRequest) => void,
  use: (session: Session, connections: () => number, open: () => number) => Promise<void>,
): Promise<void> {
  let connections = 0;
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const connection = connections;
    const framer = new MessageFramer();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const octets of framer.push(chunk)) {
        const message = tryDecodeMessage(octets);
        if (!message || message.pdu.type === PduType.trapV1) continue;
        const { requestId: own } = message.pdu;
        count += 1;
        const answer = (ticks: number, requestId = own): Buffer => {
          const varbinds = [{ oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: ticks }];
          const pdu = { type: PduType.response, requestId, errorStatus: 0, errorIndex: 0, varbinds };
          return encodeMessage({ version: 1, community: 'public', pdu });
        };
        behave({ requestId: own, count, connection, socket, answer });
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = { address: '127.0.0.1', port, family: 4, protocol: 'tcp' } as const;
  const security = communitySecurity(1, 'public');
  const session = new Session({ transport, endpoint, security, timeoutMs: TIMEOUT_MS, tries: 2, random: Math.random });
  try {
    await use(
      session,
      () => connections,
      () => sockets.size,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

const upTime = async (session: Session): Promise<unknown> => (await read(session).get([SYS_UP_TIME]))[0]?.value;

for (const { kind, open } of testTransports) {
  async function withTransport(use: (transport: SnmpTransport, clock: StillClock) => Promise<void>): Promise<void> {
    const clock = stillClock();
    const transport = await open(clock);
    try {
      await use(transport, clock);
    } finally {
      await transport.close();
    }
  }

  test(`${kind}: many requests share one connection, and an answer may come in pieces`, async () => {
    await withTransport((transport) =>
      withStreamAgent(
        transport,
        async ({ socket, answer, count }) => {
          for (const octet of answer(count)) {
            socket.write(Buffer.from([octet]));
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
        async (session, connections) => {
          for (let i = 1; i <= 3; i += 1) assert.equal(await upTime(session), i);
          assert.equal(connections(), 1);
        },
      ),
    );
  });

  test(`${kind}: a late answer in front of the true one is counted and dropped`, async () => {
    await withTransport(async (transport) => {
      const { dropped } = await droppedDuring(transport, () =>
        withStreamAgent(
          transport,
          ({ socket, answer, requestId }) =>
            socket.write(Buffer.concat([answer(1, requestId - 1), answer(1, 77), answer(2)])),
          async (session) => assert.equal(await upTime(session), 2),
        ),
      );
      assert.deepEqual(dropped, { unknown_id: 2 });
    });
  });

  test(`${kind}: an agent that closes after each answer, or in place of one, is asked over a new connection`, async () => {
    await withTransport((transport, clock) =>
      withStreamAgent(
        transport,
        ({ socket, answer, count }) => {
          if (count !== 3) socket.end(answer(count));
          else {
            socket.destroy();
            clock.forward(TIMEOUT_MS);
          }
        },
        async (session, connections, open) => {
          for (const expected of [1, 2, 4, 5]) {
            assert.equal(await upTime(session), expected);
            // The agent sees its connection closed once our side has; and then some turns of the loop.
            do await new Promise((resolve) => setTimeout(resolve, 10));
            while (open() > 0);
          }
          assert.equal(connections(), 5);
        },
      ),
    );
  });

  test(`${kind}: what is no SNMP ends the connection, is counted, and the request goes out again over another`, async () => {
    await withTransport(async (transport, clock) => {
      const { dropped } = await droppedDuring(transport, () =>
        withStreamAgent(
          transport,
          ({ socket, answer, connection }) => {
            socket.write(connection === 1 ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : answer(9));
            if (connection === 1) socket.once('close', () => clock.forward(TIMEOUT_MS));
          },
          async (session, connections) => {
            assert.equal(await upTime(session), 9);
            assert.equal(connections(), 2);
          },
        ),
      );
      assert.deepEqual(dropped, { malformed: 1 });
    });
  });

  test(`${kind}: a silent agent is told as such after its tries`, async () => {
    await withTransport((transport, clock) =>
      withStreamAgent(
        transport,
        () => clock.forward(TIMEOUT_MS),
        async (session, connections) => {
          await assert.rejects(upTime(session), { code: 'no_answer', message: /firewall drops TCP/ });
          assert.equal(connections(), 2);
        },
      ),
    );
  });
}

test('a datagram never answers what was asked over TCP, though address, port and id are right', async () => {
  const [first] = testTransports;
  const clock = stillClock();
  const transport = (await first?.open(clock)) as SnmpTransport;
  let ownPort = 0;
  const forger = createSocket('udp4');
  try {
    // Asking the forger something over UDP tells it the port of our socket.
    const asked = once(forger, 'message');
    forger.bind(0, '127.0.0.1');
    await once(forger, 'listening');
    const { port: forgerPort } = forger.address();
    const endpoint = { address: '127.0.0.1', port: forgerPort, family: 4 } as const;
    const security = communitySecurity(1, 'public');
    const probe = new Session({ transport, endpoint, security, timeoutMs: TIMEOUT_MS, tries: 1, random: Math.random });
    const silence = upTime(probe).catch(() => undefined);
    const [, from] = await asked;
    ownPort = from.port;
    clock.forward(TIMEOUT_MS);
    await silence;
    const { dropped } = await droppedDuring(transport, () =>
      withStreamAgent(
        transport,
        ({ socket, answer }) => {
          // From the agent's very address and port, which over UDP are free to be taken.
          const liar = createSocket('udp4');
          const { localPort = 0 } = socket;
          liar.bind(localPort, '127.0.0.1', () =>
            liar.send(answer(1), ownPort, '127.0.0.1', () => {
              liar.close();
              let looks = 0;
              const looking = setInterval(() => {
                looks += 1;
                if (transport.counters.dropped.source === 0 && looks < 2000) return;
                clearInterval(looking);
                socket.write(answer(2));
              }, 5);
            }),
          );
        },
        async (session) => assert.equal(await upTime(session), 2),
      ),
    );
    assert.deepEqual(dropped, { source: 1 });
  } finally {
    forger.close();
    await transport.close();
  }
});
