import type { Fault } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Lane } from '#platform/lane.ts';
import { createSnmpReader } from '#collectors/snmp/client/reader.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import type { Library } from '#collectors/snmp/knowledge/profiles/library.ts';
import type { SnmpSettings } from '#collectors/snmp/settings.ts';
import { condense } from './learned.ts';
import type { Learned } from './learned.ts';
import type { Programs } from './share.ts';

/** A device that needs longer than this to be read as a whole is given up until the next try. */
const LIMIT_MS = 15 * 60_000;
/** Devices read as a whole at once by one process, at most: reading takes fifty times the work of a poll, and polls come first. */
export const STUDIES_AT_ONCE = 64;
/** What takes longer than this is the device's slowness and costs us little: the next one has its turn. */
const TURN_MS = 30_000;
/** A poll waits so long for the turn of its device; after that the poll behind it brings the samples. */
const IN_LINE_MS = 2_000;

/**
 * Reading a device as a whole. It outlives the poll that began it, because a slow device would otherwise never be
 * known: it would be cut at every poll's deadline, and begun anew at the next.
 */
export interface Study {
  startedAt: number;
  /** False while it waits for its turn. */
  begun: boolean;
  /** Resolves when it has its turn. */
  readonly turn: Promise<void>;
  /** Set once it has ended well. */
  learned: Learned | null;
  /** Set once it has failed. */
  failure: unknown;
  readonly faults: readonly Fault[];
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  cancel(): void;
}

export interface StudyDeps {
  readonly clock: Clock;
  /** Room for devices that are read at once. */
  readonly lane: Lane;
  readonly programs: Programs;
  readonly library?: Library | undefined;
}

/** Begins to read a device once `lane` has room, taking turns with the polls that go on meanwhile. */
export function startStudy(polls: Session, settings: SnmpSettings, deps: StudyDeps): Study {
  const { clock, lane, library, programs } = deps;
  const { maxRepetitions, profiles } = settings;
  const controller = new AbortController();
  const session = polls.companion();
  session.signal = controller.signal;
  const reader = createSnmpReader({ session, clock, maxRepetitions });
  const stop = (why: AppError) => controller.abort(why);
  const turn = lane.enter();

  async function read(): Promise<void> {
    await turn;
    const next = once(() => lane.leave());
    const hold = setTimeout(next, TURN_MS).unref();
    const limit = setTimeout(() => {
      stop(new AppError('deadline_exceeded', 'The device took longer than 15 min to be read as a whole.'));
    }, LIMIT_MS).unref();
    try {
      controller.signal.throwIfAborted();
      study.begun = true;
      study.startedAt = clock.monotonic();
      study.learned = condense(await readKnowledge(reader, { profiles, ...(library && { library }) }), programs);
      polls.bulk &&= session.bulk;
    } catch (error) {
      study.failure = error ?? new AppError('internal', 'Reading the device failed.');
    } finally {
      clearTimeout(hold);
      clearTimeout(limit);
      next();
    }
  }

  const study: Study = {
    startedAt: clock.monotonic(),
    begun: false,
    turn,
    learned: null,
    failure: null,
    faults: reader.faults,
    ended: Promise.resolve().then(read),
    cancel: () => stop(notOurs()),
  };
  return study;
}

/** Why what goes on with a device ends that was given up. */
export function notOurs(): AppError {
  return new AppError('shutting_down', 'The device is no longer polled here.');
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

export interface AwaitStudyDeps {
  readonly clock: Clock;
  readonly studies: Pick<Lane, 'waiting'>;
}

/** Waits until the study has ended, or `ms` have gone by; less long when its turn does not come, and not for that while many wait. */
export async function awaitStudy(study: Study, ms: number, { clock, studies }: AwaitStudyDeps): Promise<void> {
  if (ms <= 0) return;
  const until = clock.monotonic() + ms;
  const isLong = studies.waiting > STUDIES_AT_ONCE;
  if (!study.begun && !isLong) await atMost(clock, Math.min(ms, IN_LINE_MS), study.turn);
  const left = until - clock.monotonic();
  if (study.begun && left > 0) await atMost(clock, left, study.ended);
}

/** That the device answers, and others are read before it, as a fault that leaves it up. */
export function inLine(): Fault {
  return {
    code: 'overloaded',
    message:
      'The device answers. Many are read as a whole for the first time just now; it has its turn, and its samples follow.',
  };
}

/** That a device falls silent while it is being read: as far as this poll can tell it is not there. */
export function notAnswering(study: Study, clock: Clock): Fault {
  const seconds = Math.round((clock.monotonic() - study.startedAt) / 1000);
  return {
    code: 'no_answer',
    message: `No answer to this poll, while it is being read as a whole, for ${seconds} s so far.`,
  };
}

/** That the device is still being read, as a fault that leaves it up. */
export function stillReading(study: Study, clock: Clock): Fault {
  const seconds = Math.round((clock.monotonic() - study.startedAt) / 1000);
  return {
    code: 'deadline_exceeded',
    message: `The device answers slowly: it has been read for ${seconds} s and is not known as a whole yet. Its samples follow.`,
  };
}
