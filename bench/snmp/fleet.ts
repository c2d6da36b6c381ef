// Very many simulated switches in one process that costs little, for benchmarks on a machine that they share with what is
// measured: one socket for all addresses, many datagrams a system call, and answers that are made once a second for all.
// node bench/snmp/fleet.ts DEVICES PORTS FIRST_ADDRESS UDP_PORT; says "ready" when it listens. 64-bit Linux.
import koffi from 'koffi';
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import { createHead, readHead } from '../../server/src/protocols/snmp/head.ts';
import {
  CONTROL_LENGTH,
  CONTROL_OCTETS,
  HEADER_OCTETS,
  createMessageRow,
} from '../../server/src/collectors/snmp/transport/mmsg.ts';

const [deviceCount = '100', portCount = '48', first = '127.24.0.1', udpPort = '24161'] = process.argv.slice(2);
const fleet = createFleet({
  devices: Number(deviceCount),
  ports: Number(portCount),
  seed: 1,
  listen: first,
  plain: true,
});

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_BINDTODEVICE = 25;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const MSG_DONTWAIT = 0x40;
const BATCH = 64;
const OCTETS = 2_048;
const RECEIVE_BUFFER = 64 * 2 ** 20;
/** `CMSG_SPACE(sizeof(struct in_pktinfo))`. */
const PKTINFO_SPACE = 32;

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, void*, uint32_t)');
const setsockopt = libc.func('int setsockopt(int, int, int, void*, uint32_t)');
const sendmmsg = libc.func('int sendmmsg(int, void*, uint32_t, int)');
const recvmmsg = libc.func('int recvmmsg(int, void*, uint32_t, int, void*)');

const fd = Number(socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0));
setsockopt(fd, IPPROTO_IP, IP_PKTINFO, Int32Array.of(1), 4);
setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, Int32Array.of(RECEIVE_BUFFER), 4);
// It listens on every address, but nothing from outside of this machine gets here.
const lo = Buffer.from('lo\0');
if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, lo, lo.length) !== 0)
  throw new Error('the socket cannot be bound to lo');
const anywhere = new Uint8Array(16);
anywhere[0] = AF_INET;
new DataView(anywhere.buffer).setUint16(2, Number(udpPort));
if (bind(fd, anywhere, anywhere.length) !== 0)
  throw new Error(`UDP port ${udpPort} cannot be had (errno ${koffi.errno()})`);

const inbound = createMessageRow(BATCH, OCTETS, koffi.address);
const outbound = createMessageRow(BATCH, OCTETS, koffi.address);
const inControls = new DataView(inbound.controls.buffer);
const outControls = new DataView(outbound.controls.buffer);
const outWords = new Uint32Array(outbound.headers.buffer);

/** Answers by what was asked, the request-id left out. */
interface Canned {
  readonly answer: Buffer;
  readonly idEnd: number;
  readonly second: number;
}
const canned = new Map<string, Canned | null>();
const head = createHead();
/** 1.3.6.1.2.1.1, and ifTableLastChange, which every poll asks for and nothing else does. */
const SYSTEM = Buffer.from('2b0601020101', 'hex');
const IN_POLLS = Buffer.from('2b060102011f010500', 'hex');
/** Octets of a request-id as our collector sends it. */
const ID_OCTETS = 4;
const [a = 0, b = 0, c = 0, d = 0] = first.split('.').map(Number);
const firstNumber = ((a * 256 + b) * 256 + c) * 256 + d;

/** Writes the answer to the request into `target`; its length, 0 when there is none. */
function respond(request: Buffer, address: number, target: Buffer): number {
  const index = address - firstNumber;
  if (index < 0 || index >= fleet.devices.length || !readHead(request, head)) return 0;
  const { bodyStart } = head;
  const isPlain = head.version === 1 && request[bodyStart - ID_OCTETS - 1] === ID_OCTETS;
  const key = isPlain
    ? request.toString('latin1', 0, bodyStart - ID_OCTETS) + request.toString('latin1', bodyStart)
    : '';
  const second = Math.floor(Date.now() / 1_000);
  let known = isPlain ? canned.get(key) : null;
  // Names and places are each device's own.
  if (known === undefined && request.includes(SYSTEM) && !request.includes(IN_POLLS)) canned.set(key, (known = null));
  if (known === null) return fleet.agent(index).handle(request)?.copy(target) ?? 0;
  if (known?.second !== second) {
    const answer = fleet.agent(0).handle(request);
    if (answer === null || !readHead(answer, head)) return 0;
    known = { answer, idEnd: head.bodyStart, second };
    canned.set(key, known);
  }
  known.answer.copy(target);
  request.copy(target, known.idEnd - ID_OCTETS, bodyStart - ID_OCTETS, bodyStart);
  return known.answer.length;
}

function receive(): void {
  for (let count = BATCH; count === BATCH;) {
    inbound.prepare();
    count = Number(recvmmsg(fd, inbound.headers, BATCH, MSG_DONTWAIT, null));
    let answers = 0;
    for (let i = 0; i < count; i++) {
      const control = i * CONTROL_OCTETS;
      const asked = inControls.getUint32(control + 20);
      const request = inbound.octets.subarray(i * OCTETS, i * OCTETS + inbound.length(i));
      const target = outbound.octets.subarray(answers * OCTETS, (answers + 1) * OCTETS);
      const length = respond(request, asked, target);
      if (length === 0) continue;
      outbound.address(answers, inbound.ip(i), inbound.port(i), length);
      // The answer comes from the address that was asked: struct in_pktinfo with the interface left open.
      outbound.controls.set(inbound.controls.subarray(control, control + PKTINFO_SPACE), answers * CONTROL_OCTETS);
      outControls.setUint32(answers * CONTROL_OCTETS + 16, 0);
      outWords[(answers * HEADER_OCTETS) / 4 + CONTROL_LENGTH] = PKTINFO_SPACE;
      answers++;
    }
    if (answers > 0) sendmmsg(fd, outbound.headers, answers, MSG_DONTWAIT);
  }
}

const handle = koffi.node.poll(fd, { readable: true }, receive);
process.title = 'simulated switches';
process.on('SIGTERM', () => handle.close());
process.stdout.write('ready\n');
