import { BerReader } from '@sotp/server/protocols/ber/reader.ts';
import { isOid } from '@sotp/server/protocols/snmp/oid.ts';
import { ErrorStatus, PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { isNamed, lowerBound, nameStart } from './mib.ts';
import type { Mib } from './mib.ts';
import type { Recording } from './recording.ts';
import { ResponseBuilder } from './response.ts';

/** An SNMP agent without a socket. */
export interface Agent {
  /** The response to a request datagram of at most so many octets; null when a real agent would stay silent. */
  handle(request: Uint8Array, maxOctets?: number): Buffer | null;
}

export interface AgentOptions<Device> {
  readonly mib: Mib<Device>;
  readonly device: Device;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Requests with another community are not answered; any is good when this is left out. */
  readonly community?: string;
}

/** Octets of a response over Ethernet without fragments: 1,500 less the headers of IPv4 and UDP. */
const MAX_RESPONSE = 1472;
const MAX_REPETITIONS = 10_000;

/** An agent that answers what a recording holds. */
export function createReplayAgent(recording: Recording): Agent {
  return createAgent({ mib: recording.mib, device: undefined, now: () => 0 });
}

/** One request, taken apart: positions in the datagram. */
interface Request {
  maxOctets: number;
  datagram: Uint8Array;
  v1: boolean;
  head: number;
  headEnd: number;
  type: number;
  id: number;
  idEnd: number;
  nonRepeaters: number;
  repetitions: number;
  list: number;
  listEnd: number;
  /** Start and end of each name's octets. */
  readonly names: number[];
}

// Requests are worked off one at a time and to the end, so all agents of the process share these.
const reader = new BerReader(new Uint8Array(0));
const builder = new ResponseBuilder();
const request: Request = {
  maxOctets: MAX_RESPONSE,
  datagram: new Uint8Array(0),
  v1: false,
  head: 0,
  headEnd: 0,
  type: 0,
  id: 0,
  idEnd: 0,
  nonRepeaters: 0,
  repetitions: 0,
  list: 0,
  listEnd: 0,
  names: [],
};

/** An agent for SNMPv1 and v2c (RFC 1157, RFC 3416) that reads; it refuses to be written to. */
export function createAgent<Device>({ mib, device, now, community }: AgentOptions<Device>): Agent {
  const expected = community === undefined ? null : Buffer.from(community, 'utf8');

  function get(nowMs: number): Buffer | null {
    const { datagram, names, v1 } = request;
    for (let n = 0; n < names.length; n += 2) {
      const [start = 0, end = 0] = [names[n], names[n + 1]];
      const i = lowerBound(mib, datagram, start, end);
      if (isNamed(mib, i, datagram, start, end) && !(v1 && mib.tags[i] === SnmpType.counter64)) {
        builder.variable(mib, i, device, nowMs);
      } else if (v1) return failure(ErrorStatus.noSuchName, n / 2 + 1);
      else builder.empty(datagram, start, end, missing(mib, i, datagram, start, end));
    }
    return fits() ? answer() : tooBig();
  }

  function getNext(nowMs: number): Buffer | null {
    const { datagram, names, v1 } = request;
    for (let n = 0; n < names.length; n += 2) {
      const [start = 0, end = 0] = [names[n], names[n + 1]];
      const i = successor(datagram, start, end);
      if (i < mib.size) builder.variable(mib, i, device, nowMs);
      else if (v1) return failure(ErrorStatus.noSuchName, n / 2 + 1);
      else builder.empty(datagram, start, end, SnmpType.endOfMibView);
    }
    return fits() ? answer() : tooBig();
  }

  /** RFC 3416 section 4.2.3. The response holds as many varbinds as go into one datagram, but at least one. */
  function getBulk(nowMs: number): Buffer | null {
    const { datagram, names } = request;
    const count = names.length / 2;
    const single = Math.min(Math.max(request.nonRepeaters, 0), count);
    const repeaters: number[] = [];
    for (let n = 0; n < count; n++) {
      const [start = 0, end = 0] = [names[2 * n], names[2 * n + 1]];
      const i = successor(datagram, start, end);
      if (n >= single) repeaters.push(i);
      else if (!addNext(i, n, nowMs)) return answer();
    }
    const repetitions = repeaters.length === 0 ? 0 : Math.min(Math.max(request.repetitions, 0), MAX_REPETITIONS);
    for (let round = 0; round < repetitions; round++) {
      let ended = 0;
      for (let r = 0; r < repeaters.length; r++) {
        const i = repeaters[r] ?? mib.size;
        if (i + round >= mib.size) ended++;
        if (!addNext(i + round, single + r, nowMs, i)) return answer();
      }
      if (ended === repeaters.length) break;
    }
    return answer();
  }

  /** Adds variable `i`, or the end of the MIB under the last name in this column; false when it does not fit any more. */
  function addNext(i: number, column: number, nowMs: number, firstOfColumn = i): boolean {
    const before = builder.length;
    if (i < mib.size) builder.variable(mib, i, device, nowMs);
    else if (firstOfColumn < mib.size) builder.emptyVariable(mib, mib.size - 1, SnmpType.endOfMibView);
    else {
      const [start = 0, end = 0] = [request.names[2 * column], request.names[2 * column + 1]];
      builder.empty(request.datagram, start, end, SnmpType.endOfMibView);
    }
    if (fits() || before === 0) return true;
    builder.cut(before);
    return false;
  }

  function successor(octets: Uint8Array, start: number, end: number): number {
    let i = lowerBound(mib, octets, start, end);
    if (isNamed(mib, i, octets, start, end)) i++;
    // RFC 3584 section 4.2.2.1: a Counter64 is not to be seen by v1.
    if (request.v1) while (i < mib.size && mib.tags[i] === SnmpType.counter64) i++;
    return i;
  }

  return {
    handle(datagram, maxOctets = MAX_RESPONSE) {
      if (!parseRequest(datagram, expected)) return null;
      request.maxOctets = maxOctets;
      builder.reset();
      switch (request.type) {
        case PduType.get:
          return get(now());
        case PduType.getNext:
          return getNext(now());
        case PduType.getBulk:
          return request.v1 ? null : getBulk(now());
        case PduType.set:
          return failure(request.v1 ? ErrorStatus.noSuchName : ErrorStatus.notWritable, 1);
        default:
          return null;
      }
    },
  };
}

function fits(): boolean {
  const { head, headEnd, id, idEnd } = request;
  return builder.messageLength(builder.length, headEnd - head, idEnd - id) <= request.maxOctets;
}

function answer(): Buffer {
  const { datagram, head, headEnd, id, idEnd } = request;
  return builder.finish(datagram, head, headEnd, id, idEnd, 0, 0);
}

/** An error with the varbinds of the request. */
function failure(status: number, index: number): Buffer {
  const { datagram, head, headEnd, id, idEnd, list, listEnd } = request;
  builder.reset();
  builder.raw(datagram, list, listEnd);
  return builder.finish(datagram, head, headEnd, id, idEnd, status, index);
}

/** A single variable comes whole, however large; of several that do not fit none comes (RFC 3416 section 4.2.1). */
function tooBig(): Buffer {
  if (request.names.length <= 2) return answer();
  if (request.v1) return failure(ErrorStatus.tooBig, 0);
  const { datagram, head, headEnd, id, idEnd } = request;
  builder.reset();
  return builder.finish(datagram, head, headEnd, id, idEnd, ErrorStatus.tooBig, 0);
}

/**
 * noSuchInstance when a neighbour in the MIB hangs below the same object, else noSuchObject. The agent has no MIB
 * definitions: the object is taken to be the name without its last arc.
 */
function missing(mib: Mib<never>, next: number, octets: Uint8Array, start: number, end: number): number {
  let objectEnd = end - 1;
  while (objectEnd > start && (octets[objectEnd - 1] ?? 0) >= 0x80) objectEnd--;
  for (const i of [next - 1, next]) {
    if (i < 0 || i >= mib.size) continue;
    const name = nameStart(mib, i);
    let same = 0;
    while (same < objectEnd - start && mib.bytes[name + same] === octets[start + same]) same++;
    if (same === objectEnd - start) return SnmpType.noSuchInstance;
  }
  return SnmpType.noSuchObject;
}

/** Takes a datagram apart into `request`; false when it is no request that this agent understands. */
function parseRequest(datagram: Uint8Array, community: Uint8Array | null): boolean {
  reader.load(datagram);
  reader.open(0x30);
  request.datagram = datagram;
  request.head = reader.at;
  const version = reader.int32();
  const given = reader.octets();
  request.headEnd = reader.at;
  request.type = reader.peek();
  reader.open(request.type);
  request.id = reader.at;
  reader.int32();
  request.idEnd = reader.at;
  request.nonRepeaters = reader.int32();
  request.repetitions = reader.int32();
  const outer = reader.open(0x30);
  request.list = reader.at;
  request.names.length = 0;
  while (reader.more) {
    const list = reader.open(0x30);
    const end = reader.header(0x06);
    if (!reader.bad && !isOid(datagram, reader.at, end)) reader.fail();
    request.names.push(reader.at, end);
    if (!reader.bad) reader.at = end;
    reader.skip();
    reader.close(list);
  }
  request.listEnd = reader.at;
  reader.close(outer);
  if (reader.bad || (version !== 0 && version !== 1)) return false;
  request.v1 = version === 0;
  return community === null || Buffer.compare(given, community) === 0;
}
