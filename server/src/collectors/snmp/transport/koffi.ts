import koffi from 'koffi';
import { endianness } from 'node:os';
import { AppError } from '#platform/errors.ts';
import { openUdp6 } from './dgram.ts';
import type { DgramTransportDeps } from './dgram.ts';
import { ipv4 } from './ipv4.ts';
import { createMessageRow } from './mmsg.ts';
import { createSlots } from './slots.ts';
import type { Slot } from './slots.ts';
import { createTcpCarrier } from './tcp.ts';
import type { SnmpTransport } from './transport.ts';
import { OCTETS_PER_ANSWER, grantedWindow } from './window.ts';

// Hands pointers to the kernel. Every buffer below lives as long as the socket, and the kernel is told sizes that we
// chose, never a number from the network.

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_RXQ_OVFL = 40;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const ENOBUFS = 105;
const READABLE = { readable: true };
const ERRNO_NAMES = new Map([
  [1, 'EPERM'],
  [13, 'EACCES'],
  [22, 'EINVAL'],
  [90, 'EMSGSIZE'],
  [101, 'ENETUNREACH'],
  [113, 'EHOSTUNREACH'],
]);

const SEND_BATCH = 64;
const SEND_OCTETS = 4096;
const RECEIVE_BATCH = 64;
/** More than any datagram has, and no power of two: the beginnings of 64 of them would share few places in the processor's caches. */
const RECEIVE_OCTETS = 65_536 + 49 * 64;
/**
 * With so many answers to come, they are fetched together every so often instead of as they come: waking up costs more
 * than an answer. Where so many have come at once, more have by now.
 */
const MANY = 16;
/** So long that many come together, and not so long that it delays a poll by much. */
const MIN_GATHER_MS = 1;
const MAX_GATHER_MS = 4;

function bindLibc() {
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, void*, uint32_t)'),
    setsockopt: libc.func('int setsockopt(int, int, int, void*, uint32_t)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void*, void*)'),
    sendmmsg: libc.func('int sendmmsg(int, void*, uint32_t, int)'),
    recvmmsg: libc.func('int recvmmsg(int, void*, uint32_t, int, void*)'),
    close: libc.func('int close(int)'),
  };
}

/** True where the batched transport can work: 64-bit Linux. */
export function canBatch(): boolean {
  return process.platform === 'linux' && endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch);
}

/**
 * The same as the dgram transport with many datagrams a system call: half the cost of a poll. IPv6 and TCP go the usual way.
 * Throws where the system does not offer it.
 */
export async function openKoffiTransport({
  clock,
  log,
  random,
  window: wanted = 1024,
}: DgramTransportDeps): Promise<SnmpTransport> {
  const libc = bindLibc();
  const fd = Number(libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0));
  if (fd < 0) throw new AppError('internal', `The system gives no UDP socket (errno ${koffi.errno()}).`);
  setOption(SO_RXQ_OVFL, 1);
  if (!setOption(SO_RCVBUFFORCE, wanted * OCTETS_PER_ANSWER)) setOption(SO_RCVBUF, wanted * OCTETS_PER_ANSWER);
  const anywhere = new Uint8Array(16);
  anywhere[0] = AF_INET;
  libc.bind(fd, anywhere, anywhere.length);
  const window = grantedWindow(wanted, option(SO_RCVBUF), log);

  const out = createMessageRow(SEND_BATCH, SEND_OCTETS, koffi.address);
  const inbound = createMessageRow(RECEIVE_BATCH, RECEIVE_OCTETS, koffi.address);
  const outFrom = Array.from({ length: SEND_BATCH }, (_, i) => out.headers.subarray(i * 64));
  const slots = createSlots({ clock, random, window, send });
  const tcp = createTcpCarrier(slots);
  const udp6 = await openUdp6(wanted, slots, log);
  const queued: Slot[] = [];
  const queuedIds: number[] = [];
  let flushing: NodeJS.Immediate | null = null;
  let open = true;
  /** True while answers are fetched by the timer. */
  let gathering = false;
  let gatherTimer: NodeJS.Timeout | undefined;
  let gatherMs = MIN_GATHER_MS;
  /** What the kernel has dropped in front of the socket, as it said with the last datagram. */
  let overflow = 0;

  function setOption(name: number, value: number): boolean {
    return libc.setsockopt(fd, SOL_SOCKET, name, Int32Array.of(value), 4) === 0;
  }
  function option(name: number): number {
    const value = Int32Array.of(0);
    libc.getsockopt(fd, SOL_SOCKET, name, value, Uint32Array.of(4));
    return value[0] ?? 0;
  }

  function send(slot: Slot): void {
    const endpoint = slot.exchange?.endpoint;
    if (endpoint?.protocol === 'tcp') return tcp.send(slot);
    if (endpoint?.family === 6) return udp6.send(slot);
    if (endpoint) slot.ip = ipv4(endpoint.address);
    queued.push(slot);
    queuedIds.push(slot.id);
    flushing ??= setImmediate(flush);
  }

  /** Sends all that has been queued in this turn of the loop, as few calls as it takes. */
  function flush(): void {
    flushing = null;
    let next = 0;
    while (open && next < queued.length) {
      let count = 0;
      const batch: Slot[] = [];
      for (; next < queued.length && count < SEND_BATCH; next += 1) {
        const slot = queued[next];
        // A slot may have been given up and reused since: then its new request stands further behind.
        if (!slot?.exchange || slot.id !== queuedIds[next]) continue;
        if (slot.message.length > SEND_OCTETS) {
          slot.onSent(Object.assign(new Error('too long'), { code: 'EMSGSIZE' }));
          continue;
        }
        out.octets.set(slot.message, count * SEND_OCTETS);
        out.address(count, slot.ip, slot.exchange.endpoint.port, slot.message.length);
        batch.push(slot);
        count += 1;
      }
      if (!sendBatch(batch)) break;
    }
    queued.splice(0, next);
    queuedIds.splice(0, next);
  }

  /** False when the kernel has no room: what is left is sent again as if it had been lost. */
  function sendBatch(batch: readonly Slot[]): boolean {
    let from = 0;
    while (from < batch.length) {
      const sent = Number(libc.sendmmsg(fd, outFrom[from], batch.length - from, MSG_DONTWAIT));
      if (sent > 0) {
        from += sent;
        continue;
      }
      const errno = koffi.errno();
      if (errno === EAGAIN || errno === ENOBUFS) return false;
      const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
      batch[from]?.onSent(Object.assign(new Error(code), { code }));
      from += 1;
    }
    return true;
  }

  function receive(): void {
    let came = 0;
    for (let count = RECEIVE_BATCH; open && count === RECEIVE_BATCH;) {
      inbound.prepare();
      count = Number(libc.recvmmsg(fd, inbound.headers, RECEIVE_BATCH, MSG_DONTWAIT, null));
      for (let i = 0; i < count; i += 1) {
        const start = i * RECEIVE_OCTETS;
        slots.receive(inbound.octets, inbound.ip(i), inbound.port(i), 'udp', start, start + inbound.length(i));
      }
      if (count <= 0) break;
      overflow = Math.max(overflow, inbound.overflow(count - 1));
      came += count;
    }
    if (!open) return;
    const many = slots.inFlight() >= MANY;
    if (many && !gathering) handle.stop();
    if (!many && gathering) handle.start(READABLE, receive);
    gathering = many;
    if (!many) return;
    if (came >= MANY) {
      if (came > 3 * MANY) gatherMs = Math.max(gatherMs / 2, MIN_GATHER_MS);
      setImmediate(receive);
    } else {
      gatherTimer = setTimeout(receive, gatherMs);
      gatherMs = Math.min(gatherMs * 2, MAX_GATHER_MS);
    }
  }

  const handle = koffi.node.poll(fd, READABLE, receive);
  return {
    kind: 'koffi',
    window,
    counters: slots.counters,
    askKernel: () => (slots.counters.kernelDropped = overflow + udp6.dropped()),
    exchange: (exchange) => slots.exchange(exchange),
    async close() {
      open = false;
      slots.close(new AppError('shutting_down', 'The SNMP collector is being closed.'));
      if (flushing) clearImmediate(flushing);
      clearTimeout(gatherTimer);
      handle.close();
      libc.close(fd);
      await Promise.all([udp6.close(), tcp.close()]);
    },
  };
}
