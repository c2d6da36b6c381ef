import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Fault } from '#collectors/collector.ts';
import { ErrorStatus, PduType } from '#protocols/snmp/pdu.ts';
import { compareOids, encodeOid, isBelow } from '#protocols/snmp/oid.ts';
import { nameCost } from '#protocols/snmp/request.ts';
import type { ResponseBody } from '#protocols/snmp/response.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { ANSWER_OCTETS, VALUE_COST, ask, askEach, statusError } from './operations.ts';
import type { Session } from './session.ts';

export interface WalkBounds {
  readonly maxVarbinds: number;
  readonly maxOctets: number;
  readonly maxMs: number;
  readonly maxRepetitions: number;
}

export interface WalkDeps {
  readonly session: Session;
  readonly clock: Clock;
  readonly bounds: WalkBounds;
  readonly fault: (fault: Fault) => void;
  /** A varbind below the column's root; they come in each column's order. */
  readonly take: (column: number, varbind: SnmpVarbind) => void;
}

interface Cursor {
  readonly column: number;
  readonly root: string;
  last: string;
}

/** An agent that is silent about so few rows does not know GETBULK. */
const FEW_ROWS = 4;
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

/**
 * Walks subtrees side by side, all of them in each request, until each has left its root. Ends with a named fault when
 * the device does not go forward, never ends, or goes silent for this part only.
 */
export async function walkColumns(roots: readonly string[], deps: WalkDeps): Promise<void> {
  const { session, clock, bounds, fault } = deps;
  const started = clock.monotonic();
  let varbinds = 0;
  let octets = 0;
  let cursors: Cursor[] = roots.map((root, column) => ({ column, root, last: root }));

  function over(): string | null {
    if (varbinds > bounds.maxVarbinds) return `${bounds.maxVarbinds} values`;
    if (octets > bounds.maxOctets) return `${bounds.maxOctets} octets`;
    if (clock.monotonic() - started > bounds.maxMs) return `${bounds.maxMs / 1000} s`;
    return null;
  }

  function advance(active: readonly Cursor[], body: ResponseBody): Set<Cursor> {
    const ended = new Set<Cursor>();
    for (const [i, varbind] of body.varbinds.entries()) {
      const cursor = active[i % active.length];
      if (!cursor || ended.has(cursor)) continue;
      if (varbind.type === SnmpType.endOfMibView || !isBelow(varbind.oid, cursor.root)) ended.add(cursor);
      else if (compareOids(varbind.oid, cursor.last) <= 0) {
        ended.add(cursor);
        fault({
          code: 'snmp_walk_not_increasing',
          part: cursor.root,
          message: `Below ${cursor.root} the device answers ${varbind.oid} after ${cursor.last}: it does not go forward, so the rest was left out.`,
        });
      } else {
        cursor.last = varbind.oid;
        varbinds += 1;
        octets += varbind.oid.length + (Buffer.isBuffer(varbind.value) ? varbind.value.length : VALUE_COST);
        deps.take(cursor.column, varbind);
      }
    }
    return ended;
  }

  /** What to do about an error-status: which cursors have ended. Learns what the device can bear. */
  function refused(active: readonly Cursor[], body: ResponseBody, rows: number): readonly Cursor[] {
    const culprit = active[body.errorIndex - 1];
    const bulk = rows > 0;
    if (body.errorStatus === ErrorStatus.tooBig || (bulk && !culprit)) {
      if (body.errorStatus === ErrorStatus.tooBig && rows > 1) askForFewer(session, rows, rows >> 1);
      else if (active.length > 1) session.maxVarbinds = Math.ceil(active.length / 2);
      else if (bulk) session.bulk = false;
      else return active;
      return [];
    }
    if (body.errorStatus === ErrorStatus.noSuchName) return culprit ? [culprit] : active;
    if (!culprit && active.length > 1) {
      session.maxVarbinds = Math.ceil(active.length / 2);
      return [];
    }
    const ended = culprit ?? active[0];
    if (!ended) return [];
    const { message } = statusError(session, body.errorStatus);
    fault({ code: 'snmp_error', message: `Below ${ended.root}: ${message}`, part: ended.root });
    return [ended];
  }

  /** The device was silent about this part: is it silent as a whole? Learns to ask for less, or gives the part up. */
  async function silent(active: readonly Cursor[], rows: number, error: AppError): Promise<readonly Cursor[]> {
    const [first] = active;
    if (!first) return active;
    if (rows > 0) {
      const next = await askEach(session, PduType.getNext, [first.last]).catch(notSilence);
      if (next) {
        if (rows > FEW_ROWS) askForFewer(session, rows, rows >> 2);
        else session.bulk = false;
        return [];
      }
    }
    await askEach(session, PduType.get, [SYS_UP_TIME]);
    if (active.length > 1) {
      session.maxVarbinds = Math.ceil(active.length / 2);
      return [];
    }
    fault({ code: error.code, message: `Below ${first.root}: ${error.message}`, part: first.root });
    return active;
  }

  while (cursors.length > 0) {
    const active = fitting(cursors, session.maxVarbinds);
    const names = active.map((cursor) => encodeOid(cursor.last));
    const bulk = session.bulk;
    const row = names.reduce((sum, name) => sum + nameCost(name) + VALUE_COST, 0);
    const most = Math.min(Math.floor(ANSWER_OCTETS / row), Math.floor(session.maxVarbinds / active.length));
    const wanted = Math.max(1, Math.min(bounds.maxRepetitions, session.repetitions, most));
    const rows = bulk ? wanted : 0;
    let ended: Iterable<Cursor>;
    try {
      const body = bulk
        ? await ask(session, PduType.getBulk, names, 0, wanted)
        : await ask(session, PduType.getNext, names);
      if (body.errorStatus !== ErrorStatus.noError) {
        ended = refused(active, body, rows);
      } else if (body.varbinds.length > 0) {
        if (bulk) learnRows(session, wanted, Math.floor(body.varbinds.length / active.length));
        ended = advance(active, body);
      } else if (bulk) {
        session.bulk = false;
        ended = [];
      } else ended = active;
    } catch (error) {
      if (!isSilence(error)) throw error;
      ended = await silent(active, rows, error);
    }
    const gone = new Set(ended);
    cursors = cursors.filter((cursor) => !gone.has(cursor));
    const bound = cursors.length > 0 ? over() : null;
    const [first] = cursors;
    if (bound !== null && first) {
      fault({
        code: 'snmp_walk_too_long',
        message: `The walk below ${first.root} reached ${bound} and was cut.`,
        part: first.root,
      });
      return;
    }
  }
}

/** The agent could not bear that many rows. */
function askForFewer(session: Session, rows: number, fewer: number): void {
  session.unbearableRepetitions = Math.min(session.unbearableRepetitions, rows);
  session.repetitions = Math.max(1, fewer);
}

/** An agent that cut its answer is asked for what it gave; one that gave all is asked for more, short of what it did not bear. */
function learnRows(session: Session, asked: number, got: number): void {
  if (got < asked) session.repetitions = Math.max(1, got);
  else if (asked === session.repetitions) {
    session.repetitions = Math.min(Math.ceil(asked * 1.5), Math.max(1, session.unbearableRepetitions - 1));
  }
}

/** As many cursors as one request and one row of its answer can hold. */
function fitting(cursors: readonly Cursor[], maxVarbinds: number): readonly Cursor[] {
  let octets = 0;
  let count = 0;
  for (const cursor of cursors) {
    octets += cursor.last.length + VALUE_COST;
    if (count > 0 && (octets > ANSWER_OCTETS || count >= maxVarbinds)) break;
    count += 1;
  }
  return cursors.slice(0, count);
}

function isSilence(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'no_answer' || error.code === 'snmp_malformed');
}

function notSilence(error: unknown): null {
  if (isSilence(error)) return null;
  throw error;
}
