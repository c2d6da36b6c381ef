import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { createSnmpReader } from '#collectors/snmp/client/reader.ts';
import { communitySecurity } from '#collectors/snmp/client/security.ts';
import { Session } from '#collectors/snmp/client/session.ts';
import { openDgramTransport } from '#collectors/snmp/transport/dgram.ts';
import { canBatch, openKoffiTransport } from '#collectors/snmp/transport/koffi.ts';
import { DROP_REASONS } from '#collectors/snmp/transport/transport.ts';
import type { DropReason, SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import { startAgent } from './agent.ts';
import type { AgentRequest } from './agent.ts';

const deps = { clock: systemClock, log: silentLog, random: Math.random };

/** A transport for tests; close it in `after`. */
export const openTestTransport = (clock: Clock = systemClock): Promise<SnmpTransport> =>
  openDgramTransport({ ...deps, clock });

/** A clock that stands still until a test sets it forward. */
export interface StillClock extends Clock {
  forward(ms: number): void;
}

/** So an agent that answers may be as slow as the machine is, and nobody waits for one that is silent on purpose. */
export function stillClock(): StillClock {
  let nowMs = 1_000;
  return { ...systemClock, monotonic: () => nowMs, forward: (ms) => void (nowMs += ms) };
}

/** Every transport that this machine offers. */
export const testTransports = [
  { kind: 'dgram', open: openTestTransport },
  ...(canBatch()
    ? [{ kind: 'koffi', open: (clock: Clock = systemClock) => openKoffiTransport({ ...deps, clock }) }]
    : []),
];

export interface TestSessionOptions {
  readonly version?: 0 | 1;
  readonly timeoutMs?: number;
  readonly tries?: number;
}

/** A session with an agent on a loopback port, community `public`. */
export function sessionWith(
  transport: SnmpTransport,
  port: number,
  { version = 1, timeoutMs = 1000, tries = 2 }: TestSessionOptions = {},
): Session {
  const endpoint = { address: '127.0.0.1', port, family: 4 } as const;
  const security = communitySecurity(version, 'public');
  return new Session({ transport, endpoint, security, timeoutMs, tries, random: Math.random });
}

/** Runs `use` with a session of an agent that does whatever `behave` does. */
export async function withAgent<T>(
  transport: SnmpTransport,
  behave: (request: AgentRequest) => void,
  use: (session: Session, requests: () => number) => Promise<T>,
  options?: TestSessionOptions,
): Promise<T> {
  const agent = await startAgent(behave);
  try {
    return await use(sessionWith(transport, agent.port, options), () => agent.requests.length);
  } finally {
    await agent.stop();
  }
}

/** A reader over a session. */
export const read = (session: Session): SnmpReader =>
  createSnmpReader({ session, clock: systemClock, maxRepetitions: 10 });

/** What was dropped while `work` ran, by reason; reasons without any are left out. */
export async function droppedDuring<T>(
  { counters }: SnmpTransport,
  work: () => Promise<T>,
): Promise<{ result: T; dropped: Partial<Record<DropReason, number>> }> {
  const start = { ...counters.dropped };
  const result = await work();
  const counts = DROP_REASONS.map((reason) => [reason, counters.dropped[reason] - start[reason]] as const);
  return { result, dropped: Object.fromEntries(counts.filter(([, count]) => count > 0)) };
}

/** The columns of a small ifTable with a hole (column 2, row 5); the last does not exist. */
export const COLUMNS = [1, 2, 3, 9].map((column) => `1.3.6.1.2.1.2.2.1.${column}`);
export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
/** Every cell of it, the hole too. */
export const TABLE = [1, 2, 3].flatMap((column) =>
  [1, 2, 5, 16_383, 16_384].map((row): OutgoingVarbind => {
    return { oid: `1.3.6.1.2.1.2.2.1.${column}.${row}`, type: SnmpType.integer, value: column * 100_000 + row };
  }),
);
/** What its agent has. */
export const HOLEY = [
  ...TABLE.filter(({ oid }) => oid !== '1.3.6.1.2.1.2.2.1.2.5'),
  { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 5 },
];
