import type { CheckResult } from '#collectors/collector.ts';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import { toAppError } from '#platform/errors.ts';
import type { AppError } from '#platform/errors.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { encodeRequest } from '#protocols/snmp/request.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { askEach } from './client/operations.ts';
import type { Session } from './client/session.ts';
import { findRefusal, nameOf } from './client/silence.ts';

const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const GREETING = [SYS_UP_TIME, SYS_OBJECT_ID, SYS_NAME, SYS_DESCR];
/** How long routers and the device get to object; nearly all of them do so within a round trip. */
const OBJECTION_MS = 1000;
/** The request id of what is sent beside a greeting, to hear of closed ports; no other request has it. */
export const PROBE_ID = 0x1000_0000;

/** What routers and the device say to a request: the shared socket never hears of ICMP errors, so a connected one asks and listens. */
async function findObjection(session: Session): Promise<AppError | null> {
  const probe = encodeRequest(PduType.get, [encodeOid(SYS_UP_TIME)]);
  const datagram = session.security.seal(probe, PROBE_ID, Buffer.alloc(0));
  return findRefusal(session.endpoint, datagram, OBJECTION_MS, session.signal);
}

/** Asks a device for as little as proves that it speaks. Throws why it does not, as exactly as can be known. */
export async function greet(session: Session): Promise<(SnmpVarbind | null)[]> {
  // Over TCP a refusal is heard without more ado.
  if (session.endpoint.protocol === 'tcp') return await askEach(session, PduType.get, GREETING);
  // A poll that is over must not ask; it may have stood still for long before it came here.
  session.signal.throwIfAborted();
  const refusal = findObjection(session);
  const asked = askEach(session, PduType.get, GREETING);
  asked.catch(() => undefined);
  const refused = await Promise.race([refusal, asked.then(() => null)]);
  if (refused) throw refused;
  return await asked;
}

/**
 * Asks a device that has answered before for as little as proves that it still does. Only when it does not, a socket is
 * opened to hear who objects: while thousands of devices wait to be read, that would be most of the work.
 */
export async function hear(session: Session): Promise<void> {
  try {
    await askEach(session, PduType.get, [SYS_UP_TIME]);
  } catch (error) {
    // Over TCP a refusal is heard without more ado.
    if (session.endpoint.protocol === 'tcp' || toAppError(error).code !== 'no_answer') throw error;
    if (session.signal.aborted) throw error;
    throw (await findObjection(session)) ?? error;
  }
}

/** Greets a device with one credential and says how it went, for people. */
export async function checkCredential(
  session: Session,
): Promise<Pick<CheckResult, 'ok' | 'code' | 'message' | 'facts'>> {
  try {
    const [upTime, objectId, name, descr] = await greet(session);
    const system = {
      ...emptyInventory().system,
      sysObjectId: typeof objectId?.value === 'string' ? objectId.value : null,
      sysName: textOf(name),
      sysDescr: textOf(descr),
      uptimeSeconds: typeof upTime?.value === 'number' ? upTime.value / 100 : null,
    };
    const who = system.sysName || system.sysDescr || system.sysObjectId || nameOf(session.endpoint);
    return { ok: true, code: null, message: `${who} answers.`, facts: { system } };
  } catch (error) {
    const { code, message } = toAppError(error);
    return { ok: false, code, message };
  }
}

function textOf(varbind: SnmpVarbind | null | undefined): string | null {
  return Buffer.isBuffer(varbind?.value) ? varbind.value.toString('utf8').replaceAll('\0', '').trim() : null;
}
