import { AppError } from '#platform/errors.ts';
import { BerWriter } from '#protocols/ber/writer.ts';
import { ErrorStatus, PduType, writePdu } from '#protocols/snmp/pdu.ts';
import { decodeOid } from '#protocols/snmp/oid.ts';
import { MIN_REQUEST_ID } from '#protocols/snmp/request.ts';
import type { RequestPdu } from '#protocols/snmp/request.ts';
import { readResponseBody } from '#protocols/snmp/response.ts';
import type { ResponseBody } from '#protocols/snmp/response.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { statusName } from './operations.ts';
import type { Session } from './session.ts';
import { nameOf } from './silence.ts';

/** What to do about a refusal, by error-status (RFC 3416 section 4.2.5). */
const REMEDIES = new Map<number, string>([
  [ErrorStatus.tooBig, 'it cannot take that much at once: set fewer values at a time'],
  [ErrorStatus.noSuchName, 'there is no such value, or this credential may not write it'],
  [ErrorStatus.readOnly, 'this credential may only read'],
  [ErrorStatus.noAccess, 'its access rules do not let this credential write there'],
  [ErrorStatus.authorizationError, 'its access rules do not let this credential write'],
  [ErrorStatus.notWritable, 'this value can never be written, or the credential may only read'],
  [ErrorStatus.wrongType, 'the value has the wrong type'],
  [ErrorStatus.wrongLength, 'the value has a length that is not allowed'],
  [ErrorStatus.wrongEncoding, 'the value is encoded in a way that it does not take'],
  [ErrorStatus.wrongValue, 'the value is none that can ever be assigned'],
  [ErrorStatus.badValue, 'the value has the wrong type, length or range'],
  [ErrorStatus.noCreation, 'there is no such instance, and it cannot be created'],
  [ErrorStatus.inconsistentName, 'such an instance cannot be created as things are now'],
  [ErrorStatus.inconsistentValue, 'the value does not fit the state that the device is in'],
  [ErrorStatus.resourceUnavailable, 'it lacks memory or another resource'],
  [ErrorStatus.commitFailed, 'it could not apply the values, and changed nothing'],
  [ErrorStatus.undoFailed, 'it could not apply the values, nor undo those that it had applied: look at the device'],
]);

/**
 * Sets all of these values or none (RFC 3416 section 4.2.5), and answers what the device says they are now. The request
 * is sent again when no answer comes, so a value may be set twice. Throws `snmp_error` that names the value that was
 * refused and why, `validation_failed` for a value that does not fit its type, and what `request` throws.
 */
export async function setValues(
  session: Session,
  varbinds: readonly OutgoingVarbind[],
): Promise<readonly SnmpVarbind[]> {
  let body: ResponseBody | null = null;
  await session.request(encodeSet(varbinds), {
    take({ buf, start, end }) {
      const read = readResponseBody(buf, start, end);
      if (!read) return 'malformed';
      if (read.errorStatus === ErrorStatus.noError && read.varbinds.length !== varbinds.length) return 'content';
      body = read;
      return null;
    },
  });
  const { errorStatus, errorIndex, varbinds: now }: ResponseBody = body ?? NOTHING;
  session.varbinds += now.length;
  if (errorStatus === ErrorStatus.noError) return now;
  throw refusal(session, errorStatus, varbinds[errorIndex - 1]);
}

const NOTHING: ResponseBody = { errorStatus: ErrorStatus.genErr, errorIndex: 0, varbinds: [] };

function refusal(session: Session, errorStatus: number, culprit: OutgoingVarbind | undefined): AppError {
  const { oid } = culprit ?? {};
  const what = oid === undefined ? '' : ` to ${typeof oid === 'string' ? oid : decodeOid(oid)}`;
  const why = REMEDIES.get(errorStatus) ?? 'its agent could not do it';
  return new AppError('snmp_error', `${nameOf(session.endpoint)} answers ${statusName(errorStatus)}${what}: ${why}.`);
}

function encodeSet(varbinds: readonly OutgoingVarbind[]): RequestPdu {
  const writer = new BerWriter();
  writePdu(writer, { type: PduType.set, requestId: MIN_REQUEST_ID, errorStatus: 0, errorIndex: 0, varbinds });
  const octets = writer.take();
  const lengthOctets = (octets[1] ?? 0) < 0x80 ? 1 : 1 + ((octets[1] ?? 0) & 0x7f);
  // Tag and length of the PDU, then those of the id.
  return { octets, idAt: 1 + lengthOctets + 2 };
}
