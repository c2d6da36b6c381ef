import koffi from 'koffi';
import { isIPv4 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import ipaddr from 'ipaddr.js';
import { AppError } from '#platform/errors.ts';
import { createDatagramRow } from './datagram-row.ts';
import { createSlabs } from './slabs.ts';
import { RECEIVE_BUFFER_BYTES } from './udp-socket.ts';
import type { UdpSocket, UdpSocketDeps } from './udp-socket.ts';

// Hands pointers to the kernel. Every buffer below lives as long as its socket, and the kernel is told sizes that we
// chose, never a number from the network.

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;

/** Datagrams of one call, and the room for each: no datagram is longer. */
const BATCH = 64;
const DATAGRAM_OCTETS = 65_536;
/** So many calls in a row; then others have their turn. */
const CALLS_MAX = 16;
/**
 * While lines come in we look every few milliseconds instead of being woken by each: to be woken costs as much as to read
 * hundreds of lines, since caches are cold then. Where the kernel's buffer holds what comes in the longer time, we look
 * that seldom.
 */
const LOOK_MS = 25;
const LOOK_OFTEN_MS = 2;
const ROOMY_BYTES = 4 * 1024 * 1024;

function bindLibc() {
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, void*, uint32_t)'),
    setsockopt: libc.func('int setsockopt(int, int, int, void*, uint32_t)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void*, void*)'),
    recvmmsg: libc.func('int recvmmsg(int, void*, uint32_t, int, void*)'),
    close: libc.func('int close(int)'),
  };
}
type Libc = ReturnType<typeof bindLibc>;

/** `struct sockaddr_in` or `sockaddr_in6` of an address and port. */
function socketAddress(host: string, port: number): Uint8Array {
  if (!ipaddr.isValid(host)) throw new AppError('config_invalid', `“${host}” is no address to listen on`);
  const family = isIPv4(host) ? AF_INET : AF_INET6;
  const bytes = new Uint8Array(family === AF_INET ? 16 : 28);
  bytes[0] = family;
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(ipaddr.parse(host).toByteArray(), family === AF_INET ? 4 : 8);
  return bytes;
}

function bindSocket(libc: Libc, host: string, port: number): number {
  const address = socketAddress(host, port);
  const fault = (call: string, fd: number) => {
    const code = getSystemErrorName(-koffi.errno());
    if (fd >= 0) libc.close(fd);
    return Object.assign(new Error(`${call} ${host} ${port}: ${code}`), { code });
  };
  const set = (level: number, name: number, value: number) =>
    libc.setsockopt(fd, level, name, Int32Array.of(value), 4) === 0;
  const fd = Number(libc.socket(address[0], SOCK_DGRAM_NONBLOCK_CLOEXEC, 0));
  if (fd < 0) throw fault('socket', fd);
  set(SOL_SOCKET, SO_REUSEPORT, 1);
  if (host === '::') set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (!set(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)) set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  if (libc.bind(fd, address, address.length) !== 0) throw fault('bind', fd);
  return fd;
}

/** Bytes that the kernel keeps for the socket at most. */
function receiveBufferOf(libc: Libc, fd: number): number {
  const [bytes, size] = [new Int32Array(1), Uint32Array.of(4)];
  return libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes, size) === 0 ? bytes[0]! : 0;
}

/** A socket that is read with recvmmsg: many datagrams a system call, and copied together. */
export async function openBatchedUdp({ host, port, onDatagram, log }: UdpSocketDeps): Promise<UdpSocket> {
  const libc = bindLibc();
  const fd = bindSocket(libc, host, port);
  const row = createDatagramRow(BATCH, DATAGRAM_OCTETS, koffi.address);
  const room = createSlabs();
  const lookMs = receiveBufferOf(libc, fd) >= ROOMY_BYTES ? LOOK_MS : LOOK_OFTEN_MS;
  let looking: NodeJS.Timeout | undefined;
  let open = true;
  let complained = false;

  /** Hands on the first `count` entries, copied out of the row as one piece. */
  function handOn(count: number): void {
    let octets = 0;
    for (let i = 0; i < count; i++) octets += row.length(i);
    const piece = room(octets);
    for (let i = 0, at = 0; i < count; i++) {
      const from = i * DATAGRAM_OCTETS;
      at += row.octets.copy(piece, at, from, from + row.length(i));
    }
    for (let i = 0, at = 0; i < count; i++) {
      const start = at;
      at += row.length(i);
      onDatagram(piece, start, at, row.sender(i));
    }
  }

  /** Takes what is there; answers how many datagrams that were. */
  function drain(): number {
    let total = 0;
    for (let calls = 0, count = BATCH; open && count === BATCH && calls < CALLS_MAX; calls++) {
      row.prepare();
      count = Number(libc.recvmmsg(fd, row.headers, BATCH, MSG_DONTWAIT, null));
      if (count > 0) {
        handOn(count);
        total += count;
      } else if (koffi.errno() !== EAGAIN && !complained) {
        complained = true;
        log.warn({ errno: koffi.errno() }, `receiving on UDP port ${port} failed`);
      }
    }
    return total;
  }

  const handle = koffi.node.poll(fd, { readable: true }, wake);

  function wake(): void {
    if (!open) return;
    const total = drain();
    if (total === 0) return;
    handle.stop();
    lookAfter(total);
  }

  function look(): void {
    if (!open) return;
    const total = drain();
    if (total > 0) lookAfter(total);
    else handle.start({ readable: true }, wake);
  }

  /** Looks again in a while; at once, when there was more than one turn takes. */
  function lookAfter(total: number): void {
    if (total >= CALLS_MAX * BATCH) setImmediate(look);
    else looking = setTimeout(look, lookMs);
  }

  return {
    async close() {
      open = false;
      clearTimeout(looking);
      handle.close();
      libc.close(fd);
    },
  };
}
