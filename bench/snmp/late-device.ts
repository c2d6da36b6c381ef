import { setTimeout as sleep } from 'node:timers/promises';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { OutgoingVarbind } from '@sotp/server/protocols/snmp/varbind.ts';
import { honestAnswer, startAgent } from '../../server/src/collectors/snmp/testing/agent.ts';
import type { AgentRequest } from '../../server/src/collectors/snmp/testing/agent.ts';

/** Ports of a device, and what each of their counters counts a second. */
export const PORTS = 10;
export const RATE = 6_400_000;
/** A device numbers two of its ports anew, and once starts anew, every so many polls. */
export const MOVE_EVERY = 12;

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
/** A value is so many times a moment's count plus the number of its port: it says itself where and when it is from. */
const STRIDE = 64;
const DEAF_MS = 3000;
const WRAP_32 = 2 ** 32;

/** A device whose answers go astray. */
export interface LateDevice {
  readonly port: number;
  /** When its counters began to count, and from where. */
  readonly since: number;
  readonly offset: number;
  /** True when it has counters of 32 bits only. */
  readonly narrow: boolean;
  /** Starts anew, or numbers ports anew. */
  move(n: number): void;
  /** Answers so far that came twice, late or out of order. */
  tricks(): number;
  stop(): Promise<void>;
}

/** Starts one on a loopback port of its own. */
export async function startLateDevice(random: (below: number) => number, narrow: boolean): Promise<LateDevice> {
  const state = {
    since: performance.now(),
    // Some wrap soon.
    offset: narrow ? WRAP_32 - 64_000_000 : 0,
    uptimeMs: 10 * 86_400_000,
    swapped: false,
    changedAt: 1,
    restarted: false,
  };
  let tricks = 0;
  let held: Buffer | null = null;
  let calm = true;
  let stopped = false;
  /** Until then it hears, and answers when it is over: after all tries. */
  let deafUntil = 0;

  const values = (): OutgoingVarbind[] => {
    const now = performance.now();
    const counter = (port: number): number =>
      state.offset + Math.floor(((now - state.since) * RATE) / 1000 / STRIDE) * STRIDE + port;
    const rows = Array.from({ length: PORTS }, (_, row) => (state.swapped && row < 2 ? 2 - row : row + 1));
    const column = (oid: string, type: OutgoingVarbind['type'], of: (port: number) => number | string) =>
      rows.map((port, row) => ({ oid: `${oid}.${row + 1}`, type, value: of(port) }));
    const wide = [6, 10].flatMap((n) => column(`${IFX}.${n}`, SnmpType.counter64, counter));
    return [
      { oid: '1.3.6.1.2.1.1.1.0', type: SnmpType.octetString, value: 'astray' },
      {
        oid: '1.3.6.1.2.1.1.3.0',
        type: SnmpType.timeTicks,
        value: Math.floor((state.uptimeMs + now - state.since) / 10),
      },
      { oid: '1.3.6.1.2.1.2.1.0', type: SnmpType.integer, value: PORTS },
      { oid: '1.3.6.1.2.1.31.1.5.0', type: SnmpType.timeTicks, value: state.changedAt },
      ...column(`${IF}.2`, SnmpType.octetString, (port) => `p${port}`),
      ...column(`${IF}.3`, SnmpType.integer, () => 6),
      ...column(`${IF}.8`, SnmpType.integer, () => 1),
      ...[10, 16].flatMap((n) => column(`${IF}.${n}`, SnmpType.counter32, (port) => counter(port) % WRAP_32)),
      ...(narrow ? [] : [...column(`${IFX}.1`, SnmpType.octetString, (port) => `p${port}`), ...wide]),
    ];
  };

  async function later(request: AgentRequest, answer: Buffer, ms: number): Promise<void> {
    tricks += 1;
    await sleep(ms, undefined, { ref: false });
    if (!stopped) request.send(answer);
  }

  const agent = await startAgent((request) => {
    const answer = honestAnswer(request, values());
    // The device is read as a whole first.
    if (calm) return request.send(answer);
    if (held) request.send(held);
    held = null;
    const now = performance.now();
    if (random(200) === 0 && now > deafUntil + DEAF_MS) deafUntil = now + DEAF_MS;
    if (now < deafUntil) return void later(request, answer, deafUntil - now);
    const trick = random(100);
    // Lost: it comes when the next request is there, or after the second try.
    if (trick < 6) held = answer;
    else if (trick < 12) void later(request, answer, 700 + random(2000));
    else if (trick < 20) void later(request, answer, random(500));
    else request.send(answer);
    if (trick < 12) tricks += 1;
    if (trick >= 20 && trick < 40) void later(request, answer, random(3000));
    if (trick >= 40 && trick < 50) request.send(answer);
  });
  return {
    port: agent.port,
    narrow,
    get since() {
      return state.since;
    },
    get offset() {
      return state.offset;
    },
    move(n) {
      calm = false;
      if (n % 2 === 0 && !state.restarted) {
        const offset = 0;
        Object.assign(state, { since: performance.now(), offset, uptimeMs: 0, restarted: true, changedAt: 1 });
      } else if (n % 2 === 1) {
        state.swapped = !state.swapped;
        state.changedAt += 1000;
      }
    },
    tricks: () => tricks,
    stop() {
      stopped = true;
      return agent.stop();
    },
  };
}

/** True when that value of that port is one that the device had between the two moments. */
export function valueFits(device: LateDevice, port: number, value: number, from: number, to: number): boolean {
  if (value % STRIDE !== port % STRIDE) return false;
  const countAt = (at: number): number =>
    device.offset + Math.floor(((at - device.since) * RATE) / 1000 / STRIDE) * STRIDE + port;
  const [low, high] = [countAt(Math.max(from, device.since)), countAt(to)];
  if (!device.narrow) return value >= low && value <= high;
  const turns = Math.floor((high - value) / WRAP_32);
  const unwrapped = value + turns * WRAP_32;
  return unwrapped >= low && unwrapped <= high;
}
