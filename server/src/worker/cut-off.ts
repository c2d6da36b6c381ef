import type { Clock } from '#platform/clock.ts';

/**
 * Tells a database that is away from a collector that is cut off. In both cases the leases cannot be renewed; but where
 * nothing answers any more, neither database nor devices, it is this machine's network, and somebody else polls by now.
 */
export interface CutOff {
  /** How a poll went; `news` when the one before it had gone otherwise. */
  note(up: boolean, news: boolean): void;
  /** Whether a poll is better left alone. Every now and then it is not, so that a network that is back is noticed. */
  suspected(): boolean;
}

export interface CutOffDeps {
  readonly clock: Clock;
  /** The leases have ended, and could not be renewed. */
  readonly unleased: () => boolean;
  /** Tries to renew them at once; resolves either way. */
  readonly check: () => Promise<void>;
  /** How long this process was held up lately, ms: then silence may be of its own making. */
  readonly heldUpMs?: () => number;
}

/** A process held up for longer than this hears answers too late: polls wait about so long. Less is no excuse, for two would poll. */
const HELD_UP_MS = 1_000;

/** So many devices in a row, each of which had answered the time before. */
const FRESH_FAILURES = 3;
const PROBE_MS = 30_000;

export function createCutOff({ clock, unleased, check, heldUpMs = () => 0 }: CutOffDeps): CutOff {
  let failures = 0;
  let checking = false;
  let probedAt = clock.monotonic();

  /** A device answers again. Unless the database does as well, it is only the database that is away. */
  async function verify(): Promise<void> {
    checking = true;
    await check().catch(() => undefined);
    checking = false;
    failures = 0;
  }

  return {
    note(up, news) {
      if (!up) failures += news && heldUpMs() < HELD_UP_MS ? 1 : 0;
      else if (failures < FRESH_FAILURES || !unleased()) failures = 0;
      else if (!checking) void verify();
    },
    suspected() {
      if (failures < FRESH_FAILURES || !unleased()) {
        probedAt = clock.monotonic();
        return false;
      }
      const now = clock.monotonic();
      if (checking || now - probedAt < PROBE_MS) return true;
      probedAt = now;
      return false;
    },
  };
}
