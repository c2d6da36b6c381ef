import { internetChecksum } from '#protocols/icmp/checksum.ts';
import type { IcmpSocket, IcmpSockets, OnMessage, OnUnreachable } from './socket.ts';

/** One request as the fake network saw it. */
export interface SeenRequest {
  readonly packet: Uint8Array;
  readonly address: Uint8Array;
  readonly sentAtMs: number;
}

/** A network in memory: `react` sees each request, and answers come when the test hands them over with `reply` or `unreachable`. */
export interface FakeIcmp extends IcmpSockets {
  readonly seen: SeenRequest[];
  /** The next sends fail with these errno, one a call. */
  readonly sendErrors: number[];
  /** Delivers the reply to a request, changed by `mutate`, as if it came from `source`. */
  reply(request: SeenRequest, atMs: number, mutate?: (reply: Uint8Array) => void, source?: Uint8Array): void;
  /** Delivers an ICMP error that quotes the first `quoted` octets of a request. */
  unreachable(request: SeenRequest, type: number, code: number, quoted?: number): void;
  closed: boolean;
}

/** A fake of IPv4 only, without IPv6, whose clock is `now`. */
export function createFakeIcmp(now: () => number): FakeIcmp {
  const packets = Array.from({ length: 8 }, () => new Uint8Array(2048));
  const destinations: { address: Uint8Array; length: number }[] = [];
  const seen: SeenRequest[] = [];
  const sendErrors: number[] = [];
  const inbox: ((onMessage: OnMessage, onUnreachable: OnUnreachable) => void)[] = [];
  let wake = (): void => undefined;
  let errno = 0;
  const v4: IcmpSocket = {
    family: 4,
    kind: 'dgram',
    id: 0x1234,
    packets,
    to(i, address, length) {
      destinations[i] = { address: Uint8Array.from(address), length };
    },
    send(from, to, sentAt) {
      const failure = sendErrors.shift();
      if (failure !== undefined) {
        errno = failure;
        return 0;
      }
      for (let i = from; i < to; i++) {
        const destination = destinations[i];
        if (!destination) throw new Error('sent before it was addressed');
        sentAt[i] = now();
        const packet = packets[i]?.slice(0, destination.length) ?? new Uint8Array(0);
        seen.push({ packet, address: destination.address, sentAtMs: now() });
      }
      return to - from;
    },
    get errno() {
      return errno;
    },
    receive(onMessage, onUnreachable) {
      for (let next = inbox.shift(); next; next = inbox.shift()) next(onMessage, onUnreachable);
    },
    dropped: () => 0,
    close() {
      fake.closed = true;
    },
  };
  const fake: FakeIcmp = {
    v4,
    v6: null,
    seen,
    sendErrors,
    closed: false,
    onReadable(callback) {
      wake = callback;
    },
    hold: () => undefined,
    reply(request, atMs, mutate = () => undefined, source = request.address) {
      const reply = Uint8Array.from(request.packet);
      reply[0] = 0;
      mutate(reply);
      reply[2] = 0;
      reply[3] = 0;
      const checksum = internetChecksum(reply, 0, reply.length);
      reply[2] = checksum >>> 8;
      reply[3] = checksum & 0xff;
      inbox.push((onMessage) => onMessage(reply, 0, reply.length, source, 0, atMs));
      wake();
    },
    unreachable(request, type, code, quoted = request.packet.length) {
      inbox.push((_, onUnreachable) => onUnreachable(request.packet, 0, quoted, type, code));
      wake();
    },
    close() {
      v4.close();
    },
  };
  return fake;
}
