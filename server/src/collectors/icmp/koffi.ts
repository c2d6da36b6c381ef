import koffi from 'koffi';
import { endianness } from 'node:os';
import { randomInt } from 'node:crypto';
import { AppError } from '#platform/errors.ts';
import { icmpStart } from '#protocols/icmp/echo.ts';
import type { IpFamily } from '#protocols/icmp/echo.ts';
import * as linux from './linux.ts';
import type { IcmpSocket, IcmpSockets, OnMessage, OnUnreachable } from './socket.ts';

// The only file that hands pointers to the kernel. Every buffer below lives as long as its socket, and the kernel is
// told sizes that we chose, never a number from the network.

// One call sends few messages: their instants are interpolated between two clock readings around it.
const SEND_BATCH = 8;
const RECEIVE_BATCH = 32;
const BUFFER_BYTES = 4 * 1024 * 1024;

function bindLibc() {
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, void*, uint32_t)'),
    getsockname: libc.func('int getsockname(int, void*, void*)'),
    setsockopt: libc.func('int setsockopt(int, int, int, void*, uint32_t)'),
    sendmmsg: libc.func('int sendmmsg(int, void*, uint32_t, int)'),
    recvmmsg: libc.func('int recvmmsg(int, void*, uint32_t, int, void*)'),
    clock: libc.func('int clock_gettime(int, void*)'),
    epollCreate: libc.func('int epoll_create1(int)'),
    epollCtl: libc.func('int epoll_ctl(int, int, int, void*)'),
    close: libc.func('int close(int)'),
  };
}
type Libc = ReturnType<typeof bindLibc>;
type OwnSocket = IcmpSocket & { readonly fd: number };

/** Opens ICMP sockets: unprivileged ones where the kernel allows, else raw ones, else throws `icmp_not_permitted` with the remedy. */
export function openIcmpSockets(): IcmpSockets {
  if (process.platform !== 'linux' || endianness() !== 'LE' || !['x64', 'arm64'].includes(process.arch)) {
    throw new AppError('icmp_not_permitted', 'ICMP needs 64-bit Linux (x86-64 or arm64); everything else works here.');
  }
  const libc = bindLibc();
  const v4 = openSocket(libc, 4);
  if (v4 === null) throw notPermitted();
  const v6 = openSocket(libc, 6);
  const epoll = Number(libc.epollCreate(linux.EPOLL_CLOEXEC));
  for (const socket of [v4, v6]) {
    if (socket !== null) libc.epollCtl(epoll, linux.EPOLL_CTL_ADD, socket.fd, Uint32Array.of(linux.EPOLLIN, 0, 0, 0));
  }
  let handle: ReturnType<typeof koffi.node.poll> | null = null;
  return {
    v4,
    v6,
    onReadable(callback) {
      // libuv gives up on a descriptor with a waiting socket error, which is how ICMP errors announce themselves; an
      // epoll descriptor in between is only ever readable.
      handle = koffi.node.poll(epoll, { readable: true }, callback);
      handle.unref();
    },
    hold(busy) {
      if (busy) handle?.ref();
      else handle?.unref();
    },
    close() {
      handle?.close();
      handle = null;
      libc.close(epoll);
      v4.close();
      v6?.close();
    },
  };
}

function notPermitted(): AppError {
  const group = process.getgid?.() ?? 0;
  return new AppError(
    'icmp_not_permitted',
    `This machine does not let SOTP send ICMP echo requests. As root, run "sysctl -w net.ipv4.ping_group_range='${group} ${group}'" ` +
      `(a file in /etc/sysctl.d keeps it) or "setcap cap_net_raw+ep ${process.execPath}", then start SOTP again.`,
  );
}

function setOption(libc: Libc, fd: number, level: number, name: number, value: number | Uint8Array): boolean {
  const bytes = typeof value === 'number' ? Int32Array.of(value) : value;
  return libc.setsockopt(fd, level, name, bytes, bytes.byteLength) === 0;
}

/** Null when neither kind may be opened. */
function openSocket(libc: Libc, family: IpFamily): OwnSocket | null {
  for (const kind of ['dgram', 'raw'] as const) {
    const type = linux.SOCK[kind] | linux.SOCK_NONBLOCK_CLOEXEC;
    const fd = Number(libc.socket(linux.AF[family], type, linux.PROTOCOL[family]));
    if (fd < 0) {
      if (koffi.errno() === linux.EPERM || koffi.errno() === linux.EACCES) continue;
      return null;
    }
    const id = kind === 'raw' ? randomInt(1, 0x10000) : boundIdentifier(libc, fd, family);
    if (kind === 'raw') attachFilter(libc, fd, family, id);
    setOption(libc, fd, linux.SOL_SOCKET, linux.SO_TIMESTAMPNS, 1);
    setOption(libc, fd, linux.SOL_SOCKET, linux.SO_RXQ_OVFL, 1);
    setOption(libc, fd, linux.RECVERR[family][0], linux.RECVERR[family][1], 1);
    for (const [forced, plain] of [
      [linux.SO_RCVBUFFORCE, linux.SO_RCVBUF],
      [linux.SO_SNDBUFFORCE, linux.SO_SNDBUF],
    ] as const) {
      const done = setOption(libc, fd, linux.SOL_SOCKET, forced, BUFFER_BYTES);
      if (!done) setOption(libc, fd, linux.SOL_SOCKET, plain, BUFFER_BYTES);
    }
    return createSocket(libc, fd, family, kind, id);
  }
  return null;
}

/** Binds an unprivileged socket: its "port" is the identifier that the kernel writes into our requests. */
function boundIdentifier(libc: Libc, fd: number, family: IpFamily): number {
  const name = new Uint8Array(28);
  const length = Uint32Array.of(family === 4 ? 16 : 28);
  name[0] = linux.AF[family];
  libc.bind(fd, name, length[0]);
  libc.getsockname(fd, name, length);
  return ((name[2] ?? 0) << 8) | (name[3] ?? 0);
}

function attachFilter(libc: Libc, fd: number, family: IpFamily, id: number): void {
  const program = linux.echoReplyFilter(family, id);
  const descriptor = new Uint8Array(16);
  const view = new DataView(descriptor.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, koffi.address(program), true);
  setOption(libc, fd, linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, descriptor);
}

function createSocket(libc: Libc, fd: number, family: IpFamily, kind: 'dgram' | 'raw', id: number): OwnSocket {
  const nameLength = family === 4 ? 16 : 28;
  const out = linux.createMessageRing(SEND_BATCH, nameLength, koffi.address);
  const inbound = linux.createMessageRing(RECEIVE_BATCH, nameLength, koffi.address);
  // `subarray` at every send would cost more than the call: one view for each first message.
  const outFrom = Array.from({ length: SEND_BATCH }, (_, i) => out.headers.subarray(i * linux.HEADER_SIZE));
  const packets = Array.from({ length: SEND_BATCH }, (_, i) =>
    out.packets.subarray(i * linux.PACKET_SIZE, (i + 1) * linux.PACKET_SIZE),
  );
  const hasIpHeader = family === 4 && kind === 'raw';
  const [errorLevel, errorType] = linux.RECVERR[family];
  const timespec = new Uint32Array(4);
  let droppedByKernel = 0;
  let errno = 0;
  let open = true;

  libc.clock(linux.CLOCK_REALTIME, timespec);
  const originSeconds = timespec[0] ?? 0;
  function now(): number {
    libc.clock(linux.CLOCK_REALTIME, timespec);
    return ((timespec[0] ?? 0) - originSeconds) * 1000 + (timespec[2] ?? 0) / 1e6;
  }
  function read(flags: number): number {
    inbound.prepare();
    return Number(libc.recvmmsg(fd, inbound.headers, RECEIVE_BATCH, flags, null));
  }

  let arrivedAt = Number.NaN;
  function onControl(level: number, type: number, word: number): void {
    if (level !== linux.SOL_SOCKET) return;
    const first = inbound.controls[word] ?? 0;
    if (type === linux.SO_RXQ_OVFL) droppedByKernel = first;
    else if (type === linux.SO_TIMESTAMPNS) {
      arrivedAt = (first - originSeconds) * 1000 + (inbound.controls[word + 2] ?? 0) / 1e6;
    }
  }
  function receiveMessages(onMessage: OnMessage): void {
    for (let count = RECEIVE_BATCH; count === RECEIVE_BATCH;) {
      count = read(linux.MSG_DONTWAIT);
      for (let i = 0; i < count; i++) {
        arrivedAt = Number.NaN;
        inbound.control(i, onControl);
        if (Number.isNaN(arrivedAt)) arrivedAt = now();
        const packetStart = i * linux.PACKET_SIZE;
        const end = packetStart + inbound.length(i);
        const start = hasIpHeader ? icmpStart(inbound.packets, packetStart, end) : packetStart;
        if (start >= 0) onMessage(inbound.packets, start, end, inbound.names, i * nameLength, arrivedAt);
      }
    }
  }
  function receiveErrors(onUnreachable: OnUnreachable): void {
    for (let count = RECEIVE_BATCH; count === RECEIVE_BATCH;) {
      count = read(linux.MSG_DONTWAIT | linux.MSG_ERRQUEUE);
      for (let i = 0; i < count; i++) {
        const start = i * linux.PACKET_SIZE;
        inbound.control(i, (level, type, word) => {
          if (level !== errorLevel || type !== errorType) return;
          // struct sock_extended_err: errno, then the octets origin, type, code.
          const what = inbound.controls[word + 1] ?? 0;
          const origin = what & 0xff;
          if (origin !== linux.SO_EE_ORIGIN_ICMP && origin !== linux.SO_EE_ORIGIN_ICMP6) return;
          onUnreachable(inbound.packets, start, start + inbound.length(i), (what >>> 8) & 0xff, (what >>> 16) & 0xff);
        });
      }
    }
  }

  return {
    fd,
    family,
    kind,
    id,
    packets,
    to(i, address, length) {
      out.names.set(address, i * nameLength);
      out.setLength(i, length);
    },
    send(from, to, sentAt) {
      const before = now();
      const sent = Number(libc.sendmmsg(fd, outFrom[from], to - from, linux.MSG_DONTWAIT));
      if (sent < to - from) errno = sent < 0 ? koffi.errno() : 0;
      if (sent <= 0) return 0;
      const step = (now() - before) / sent;
      for (let i = 0; i < sent; i++) sentAt[from + i] = before + step * i;
      return sent;
    },
    get errno() {
      return errno;
    },
    receive(onMessage, onUnreachable) {
      if (!open) return;
      // Errors first: reading them clears the socket's error, which would else be answered in place of a message.
      receiveErrors(onUnreachable);
      receiveMessages(onMessage);
    },
    dropped: () => droppedByKernel,
    close() {
      if (!open) return;
      open = false;
      libc.close(fd);
    },
  };
}
