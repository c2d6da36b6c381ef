import { AppError } from '#platform/errors.ts';
import type { Fault } from '#collectors/collector.ts';
import { ErrorStatus } from '#protocols/snmp/pdu.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { askEach, statusError } from '#collectors/snmp/client/operations.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { createDecoder, decodeAnswer } from './decode.ts';
import type { PollDecoder } from './decode.ts';
import { shrinkRequests, withoutVarbind } from './program.ts';
import type { PollRequest, Program } from './program.ts';

const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

/** What was read, and the requests to be used from now on: the same, or those that the device can bear. */
export interface ProgramRun {
  readonly read: PollDecoder;
  readonly requests: readonly PollRequest[];
  /** False when the device refused a varbind, so that the requests leave it out. */
  readonly whole: boolean;
  readonly faults: readonly Fault[];
  /** The mean of the instants at which the requests were answered, monotonic ms; NaN when none was. */
  readonly atMs: number;
}

/**
 * Reads a program once. Requests that the device refuses are asked in smaller parts, or without what it does not have;
 * throws when it is silent as a whole.
 */
export async function runProgram(
  session: Session,
  program: Program,
  requests: readonly PollRequest[],
  watched: number,
): Promise<ProgramRun> {
  const read = createDecoder(program, watched);
  const faults: Fault[] = [];
  const pending = requests.toReversed();
  const used: PollRequest[] = [];
  let changed = false;
  let whole = true;
  let instants = 0;
  let values = 0;
  for (let request = pending.pop(); request; request = pending.pop()) {
    const current = request;
    const outcome = await session.attempt(current, { take: (reply) => decodeAnswer(reply, current, program, read) });
    const count = current.slots.length;
    if (outcome.answered && read.errorStatus === ErrorStatus.noError) {
      session.varbinds += count;
      instants += outcome.atMs * count;
      values += count;
      used.push(current);
      continue;
    }
    if (!outcome.answered) {
      forget(current, read);
      // Is it silent as a whole, or does it choke on this one? One small question tells.
      await askEach(session, PduType.get, [SYS_UP_TIME]);
      if (count === 1) {
        used.push(current);
        faults.push({
          code: 'no_answer',
          message: 'The device answers, but not to one of the values that are polled.',
        });
        continue;
      }
    } else if (read.errorStatus !== ErrorStatus.tooBig) {
      const culprit = read.errorIndex - 1;
      changed = true;
      if (culprit >= 0 && culprit < count) {
        read.missing += 1;
        whole = false;
        if (count > 1) pending.push(withoutVarbind(current, culprit));
        continue;
      }
      if (count === 1 || read.errorStatus === ErrorStatus.authorizationError) {
        throw statusError(session, read.errorStatus);
      }
    } else if (count === 1) {
      used.push(current);
      faults.push({ code: 'snmp_error', message: statusError(session, read.errorStatus).message });
      continue;
    }
    changed = true;
    const half = Math.ceil(count / 2);
    session.maxVarbinds = Math.min(session.maxVarbinds, half);
    // What follows is as large as what failed: it is shrunk at once, or each would cost its own timeouts.
    const rest = shrinkRequests([current, ...pending.toReversed()], half);
    pending.length = 0;
    pending.push(...rest.toReversed());
  }
  if (used.length === 0 && requests.length > 0) {
    throw new AppError('snmp_error', 'The device has none of the values that were polled; it will be read anew.');
  }
  return { read, requests: changed ? used : requests, whole, faults, atMs: instants / values };
}

/** A refused or half-decoded answer must leave no value behind. */
function forget(request: PollRequest, read: PollDecoder): void {
  for (const slot of request.slots) {
    if (slot < 0) read.watched[-1 - slot] = Number.NaN;
    else read.values[slot] = Number.NaN;
  }
}
