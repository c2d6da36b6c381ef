import { AppError } from '#platform/errors.ts';
import { ErrorStatus, PduType } from '#protocols/snmp/pdu.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { encodeRequest, nameCost } from '#protocols/snmp/request.ts';
import { readResponseBody } from '#protocols/snmp/response.ts';
import type { ResponseBody } from '#protocols/snmp/response.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import type { Session } from './session.ts';
import { nameOf } from './silence.ts';

/** Octets that an answer may have: what fits an Ethernet frame with room for headers and v3. */
export const ANSWER_OCTETS = 1400;
/** What a value costs on average, its tag and length with it. */
export const VALUE_COST = 8;

/** Sends one request and decodes its answer as a whole. */
export async function ask(
  session: Session,
  type: PduType,
  names: readonly Uint8Array[],
  nonRepeaters = 0,
  maxRepetitions = 0,
): Promise<ResponseBody> {
  let body: ResponseBody | null = null;
  await session.request(encodeRequest(type, names, nonRepeaters, maxRepetitions), {
    take({ buf, start, end }) {
      const read = readResponseBody(buf, start, end);
      if (!read) return 'malformed';
      if (!fitsRequest(read, type, names.length)) return 'content';
      session.varbinds += read.varbinds.length;
      body = read;
      return null;
    },
  });
  // The sink has been called: an exchange is answered only by what it took.
  return body ?? { errorStatus: ErrorStatus.genErr, errorIndex: 0, varbinds: [] };
}

function fitsRequest(body: ResponseBody, type: PduType, asked: number): boolean {
  if (body.errorStatus !== ErrorStatus.noError) return true;
  return type === PduType.getBulk ? true : body.varbinds.length === asked;
}

const STATUS_NAMES = new Map<number, string>(Object.entries(ErrorStatus).map(([name, status]) => [status, name]));

/** `wrongType`, `error-status 99`. */
export function statusName(errorStatus: number): string {
  return STATUS_NAMES.get(errorStatus) ?? `error-status ${errorStatus}`;
}

/** The device refused a request as a whole. */
export function statusError(session: Session, errorStatus: number): AppError {
  const remedy =
    errorStatus === ErrorStatus.authorizationError || errorStatus === ErrorStatus.noAccess
      ? 'its agent does not let this credential read: check its access rules'
      : 'its agent could not answer';
  return new AppError('snmp_error', `${nameOf(session.endpoint)} answers ${statusName(errorStatus)}: ${remedy}.`, {
    retryable: true,
  });
}

/** The varbind as a value, or null where the device has none there. */
export function orNull(varbind: SnmpVarbind | undefined): SnmpVarbind | null {
  if (!varbind) return null;
  const { type } = varbind;
  return type === SnmpType.noSuchObject || type === SnmpType.noSuchInstance || type === SnmpType.endOfMibView
    ? null
    : varbind;
}

/**
 * One varbind per OID by GET or GETNEXT, in as many requests as they need: split to fit a datagram, split again on
 * tooBig, and asked without the one that a v1 agent refuses.
 */
export async function askEach(
  session: Session,
  type: typeof PduType.get | typeof PduType.getNext,
  oids: readonly string[],
): Promise<(SnmpVarbind | null)[]> {
  const names = oids.map(encodeOid);
  const results: (SnmpVarbind | null)[] = oids.map(() => null);
  const pending = pack(names, session.maxVarbinds).toReversed();
  let refused = 0;
  for (let indexes = pending.pop(); indexes; indexes = pending.pop()) {
    const body = await ask(
      session,
      type,
      indexes.map((i) => names[i] ?? NO_NAME),
    );
    if (body.errorStatus === ErrorStatus.noError) {
      for (const [at, index] of indexes.entries()) {
        const varbind = orNull(body.varbinds[at]);
        // An agent that answers a GET with another instance has said nothing about the one that was asked.
        results[index] = type === PduType.get && varbind?.oid !== oids[index] ? null : varbind;
      }
      continue;
    }
    if (body.errorStatus === ErrorStatus.tooBig && indexes.length > 1) {
      const half = Math.ceil(indexes.length / 2);
      session.maxVarbinds = Math.min(session.maxVarbinds, half);
      pending.push(indexes.slice(half), indexes.slice(0, half));
      continue;
    }
    if (body.errorStatus === ErrorStatus.authorizationError) refused += 1;
    const culprit = body.errorIndex - 1;
    if (culprit >= 0 && culprit < indexes.length) {
      if (indexes.length > 1) pending.push(indexes.toSpliced(culprit, 1));
    } else if (indexes.length > 1) pending.push(...indexes.map((index) => [index]));
  }
  if (refused > 0 && results.every((result) => result === null)) {
    throw statusError(session, ErrorStatus.authorizationError);
  }
  return results;
}

const NO_NAME = new Uint8Array([0]);

/** Groups names so that each group's request and answer fit a datagram. */
export function pack(names: readonly Uint8Array[], maxVarbinds: number): number[][] {
  const groups: number[][] = [];
  let group: number[] = [];
  let octets = 0;
  for (const [i, name] of names.entries()) {
    const cost = nameCost(name) + VALUE_COST;
    if (group.length > 0 && (octets + cost > ANSWER_OCTETS || group.length >= maxVarbinds)) {
      groups.push(group);
      group = [];
      octets = 0;
    }
    group.push(i);
    octets += cost;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
