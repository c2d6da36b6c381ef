import { AppError } from '#platform/errors.ts';
import type { Fault } from '#collectors/collector.ts';
import { ErrorStatus } from '#protocols/snmp/pdu.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { askEach, statusError } from '#collectors/snmp/client/operations.ts';
import type { OpenedPdu } from '#collectors/snmp/client/security.ts';
import type { RequestSink, Session } from '#collectors/snmp/client/session.ts';
import type { DropReason, Outcome } from '#collectors/snmp/transport/transport.ts';
import { createDecoder, decodeAnswer } from './decode.ts';
import type { PollDecoder } from './decode.ts';
import { shrinkRequests, withoutVarbind } from './program.ts';
import type { PollRequest, Program } from './program.ts';

const noop = (): void => undefined;
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
  const straight = new StraightRun(session, program, requests, watched);
  const { read, pending, used } = straight;
  const faults: Fault[] = [];
  let changed = false;
  let whole = true;
  for (let stop = await straight.go(); stop; stop = await straight.go()) {
    const { request: current, outcome } = stop;
    const count = current.slots.length;
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
  return { read, requests: changed ? used : requests, whole, faults, atMs: straight.instants / straight.values };
}

/** A request that was not answered as it should be. */
interface Stop {
  readonly request: PollRequest;
  readonly outcome: Outcome;
}

/** Request after request, for as long as the device answers them: all of a poll at the price of one promise. */
class StraightRun implements RequestSink {
  readonly read: PollDecoder;
  /** Still to be asked, the next one last; and what was answered. */
  readonly pending: PollRequest[];
  readonly used: PollRequest[] = [];
  /** The instants of the answers, each times its values; and how many values came. */
  instants = 0;
  values = 0;
  readonly #session: Session;
  readonly #program: Program;
  #current: PollRequest | null = null;
  #resolve: (stop: Stop | null) => void = noop;
  #reject: (reason: unknown) => void = noop;

  constructor(session: Session, program: Program, requests: readonly PollRequest[], watched: number) {
    this.#session = session;
    this.#program = program;
    this.read = createDecoder(program, watched);
    this.pending = requests.toReversed();
  }

  /** Goes on until nothing is pending (null) or a request was not answered as it should be. */
  go(): Promise<Stop | null> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#next();
    });
  }

  #next(): void {
    const next = this.pending.pop();
    if (!next) {
      this.#resolve(null);
      return;
    }
    this.#current = next;
    this.#session.start(next, this);
  }

  take(reply: OpenedPdu): DropReason | null {
    return this.#current ? decodeAnswer(reply, this.#current, this.#program, this.read) : 'content';
  }

  ended(outcome: Outcome): void {
    const request = this.#current;
    if (!request) return;
    if (!outcome.answered || this.read.errorStatus !== ErrorStatus.noError) {
      this.#resolve({ request, outcome });
      return;
    }
    const count = request.slots.length;
    this.#session.varbinds += count;
    this.instants += outcome.atMs * count;
    this.values += count;
    this.used.push(request);
    this.#next();
  }

  failed(reason: unknown): void {
    this.#reject(reason);
  }
}

/** A refused or half-decoded answer must leave no value behind. */
function forget(request: PollRequest, read: PollDecoder): void {
  for (const slot of request.slots) {
    if (slot < 0) read.watched[-1 - slot] = Number.NaN;
    else read.values[slot] = Number.NaN;
  }
}
