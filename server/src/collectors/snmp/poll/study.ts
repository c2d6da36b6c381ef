import type { Fault } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { createSnmpReader } from '#collectors/snmp/client/reader.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import type { Library } from '#collectors/snmp/knowledge/profiles/library.ts';
import type { SnmpSettings } from '#collectors/snmp/settings.ts';
import type { Knowledge } from '#collectors/snmp/plan.ts';

/** A device that needs longer than this to be read as a whole is given up until the next try. */
const LIMIT_MS = 15 * 60_000;

/**
 * Reading a device as a whole. It outlives the poll that began it, because a slow device would otherwise never be
 * known: it would be cut at every poll's deadline, and begun anew at the next.
 */
export interface Study {
  readonly startedAt: number;
  /** Set once it has ended well. */
  knowledge: Knowledge | null;
  /** Set once it has failed. */
  failure: unknown;
  readonly faults: readonly Fault[];
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  cancel(): void;
}

/** Begins to read a device, taking turns with the polls that go on meanwhile. */
export function startStudy(polls: Session, clock: Clock, settings: SnmpSettings, library?: Library): Study {
  const { maxRepetitions, profiles } = settings;
  const controller = new AbortController();
  const session = polls.companion();
  session.signal = controller.signal;
  const reader = createSnmpReader({ session, clock, maxRepetitions });
  const stop = (why: AppError) => controller.abort(why);
  const limit = setTimeout(() => {
    stop(new AppError('deadline_exceeded', 'The device took longer than 15 min to be read as a whole.'));
  }, LIMIT_MS);
  limit.unref();
  const study: Study = {
    startedAt: clock.monotonic(),
    knowledge: null,
    failure: null,
    faults: reader.faults,
    ended: readKnowledge(reader, { profiles, ...(library && { library }) })
      .then((knowledge) => {
        study.knowledge = knowledge;
        polls.bulk &&= session.bulk;
      })
      .catch((error: unknown) => {
        study.failure = error ?? new AppError('internal', 'Reading the device failed.');
      })
      .finally(() => clearTimeout(limit)),
    cancel: () => stop(new AppError('shutting_down', 'The device is no longer polled here.')),
  };
  return study;
}

/** Waits until the study has ended, or `ms` have gone by. */
export async function awaitStudy(study: Study, ms: number, clock: Clock): Promise<void> {
  if (ms <= 0) return;
  const enough = new AbortController();
  await Promise.race([study.ended, clock.sleep(ms, enough.signal).catch(() => undefined)]);
  enough.abort();
}

/** That a device falls silent while it is being read: as far as this poll can tell it is not there. */
export function notAnswering(study: Study, clock: Clock): Fault {
  const seconds = Math.round((clock.monotonic() - study.startedAt) / 1000);
  return {
    code: 'no_answer',
    message: `No answer since the last poll, while it is being read as a whole, for ${seconds} s so far.`,
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
