import type { Clock } from '#platform/clock.ts';

/** How an attempt to renew the leases ended. */
export type Attempt =
  | 'renewed'
  /** The database's machine refuses the connection: it is away for everybody, and nobody takes what we hold. */
  | 'away'
  /** Its machine is there, and does not answer as it should: it hangs, or has too much to do. */
  | 'hangs'
  /** Nothing answers there: that machine is gone, or our own network is. */
  | 'out_of_reach'
  /** This process stood still meanwhile, so it does not know. */
  | 'unsure';

/**
 * Whether a collector whose leases ran out may poll on. It may when the database is away, for then nobody else can take
 * them. It must not when its own network is cut off, for then somebody has taken them, and would poll the same slots in
 * the moment in which the network is back. From inside, a cut looks like a database whose machine is gone. They differ in
 * one thing: while the network is cut, no device answers a poll that began after the database had fallen silent; and once
 * one does, the cut is over, and the next attempt to renew succeeds. So only a device that answers, and after it an
 * attempt that fails all the same, prove that it is the database alone.
 *
 * The clock alone decides; how busy this process is makes no difference. All instants are monotonic.
 */
export interface CutOff {
  /** An attempt to renew that began at that instant has ended; answers how the one before it had. */
  tried(begunAt: number, how: Attempt): Attempt | undefined;
  /** How a poll went that began at that instant; `news` when the one before it had gone otherwise. */
  note(up: boolean, news: boolean, begunAt: number): void;
  /** Whether a poll may be made without a lease. */
  mayPoll(): boolean;
}

export interface CutOffDeps {
  readonly clock: Clock;
  /** Tries to renew at once. */
  readonly check: () => void;
  /** How long a lease lasts. So long an attempt tells something; the next ones have ended by then. */
  readonly leaseMs: number;
}

/** So many devices in a row, each of which had answered the time before, and it may be the network after all. */
const FRESH_FAILURES = 3;
/** Where few devices are polled, none may be due while the lease lasts: so often polls go out to see whether any answers. */
export const PROBE_MS = 30_000;
/** The same where devices that had answered have fallen silent together with the database. */
export const RARE_PROBE_MS = 300_000;
/** A database that hangs does so for everybody, when it was seen to for this share of a lease: a busy one answers sooner. */
const HANGS_FOR_ALL = 0.2;
/** The same when this process was cut off or stood still since it last renewed, so that others had time to take over. */
const HANGS_AFTER_DOUBT = 0.6;
/** Attempts follow each other within this share of a lease, or it stood still. */
const CLOSE = 0.5;
/** Polls that come so close together are one probe. */
const PROBE_WINDOW_MS = 100;

export function createCutOff({ clock, check, leaseMs }: CutOffDeps): CutOff {
  let last: { readonly begunAt: number; readonly endedAt: number; readonly how: Attempt } | undefined;
  /** When it was first seen to refuse or to hang, without a break since. */
  let awayFrom: number | undefined;
  /** Something else has happened since the leases were last renewed. */
  let doubtful = true;
  /** Since when nothing answers at the database's. */
  let silentFrom: number | undefined;
  /** When a device first answered a poll that began after that. */
  let heardAt: number | undefined;
  let databaseAlone = false;
  let failures = 0;
  /** Devices fell silent as well. */
  let allSilent = false;
  /** Since when nothing was let through, and until when probes are. */
  let closedFrom: number | undefined;
  let openUntil = Number.NEGATIVE_INFINITY;

  function forget(): void {
    heardAt = undefined;
    databaseAlone = false;
    failures = 0;
  }

  return {
    tried(begunAt, how) {
      const before = last?.how;
      const endedAt = clock.monotonic();
      if (last && begunAt - last.endedAt > CLOSE * leaseMs) doubtful = true;
      last = { begunAt, endedAt, how };
      if (how === 'away' || how === 'hangs') awayFrom ??= endedAt;
      else awayFrom = undefined;
      if (how === 'renewed') doubtful = false;
      else if (awayFrom === undefined) doubtful = true;
      if (how === 'unsure') return before;
      if (how !== 'out_of_reach') {
        silentFrom = undefined;
        closedFrom = undefined;
        openUntil = Number.NEGATIVE_INFINITY;
        allSilent = false;
        forget();
        return before;
      }
      silentFrom ??= begunAt;
      if (heardAt !== undefined && begunAt >= heardAt) databaseAlone = true;
      return before;
    },
    note(up, news, begunAt) {
      if (silentFrom === undefined) return;
      if (!up && news) {
        allSilent = true;
        if (++failures >= FRESH_FAILURES) forget();
      } else if (up && begunAt >= silentFrom) {
        failures = 0;
        allSilent = false;
        if (heardAt !== undefined) return;
        heardAt = clock.monotonic();
        check();
      }
    },
    mayPoll() {
      const now = clock.monotonic();
      if (last === undefined || now - last.begunAt > leaseMs) return false;
      if (last.how === 'away') return true;
      if (last.how === 'hangs') {
        const share = doubtful ? HANGS_AFTER_DOUBT : HANGS_FOR_ALL;
        return last.endedAt - (awayFrom ?? now) >= share * leaseMs;
      }
      if (last.how !== 'out_of_reach') return false;
      if (databaseAlone) return true;
      if (now < openUntil) return true;
      closedFrom ??= now;
      if (now - closedFrom < (allSilent ? RARE_PROBE_MS : PROBE_MS)) return false;
      closedFrom = now;
      openUntil = now + PROBE_WINDOW_MS;
      return true;
    },
  };
}
