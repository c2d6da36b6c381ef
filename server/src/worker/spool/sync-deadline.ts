import type { Clock } from '#platform/clock.ts';

/** Sees to it that what was appended is synced `syncMs` later at most. */
export interface SyncDeadline {
  /** `behind`: others wait already, so this one will wait too, and what is due is due at once. */
  appended(behind: boolean): void;
  stop(): void;
}

export interface SyncDeadlineDeps {
  readonly clock: Clock;
  readonly syncMs: number;
  readonly sync: () => Promise<void>;
}

/** A timer may be late in a process that has much to do; then the next append notices. */
export function createSyncDeadline({ clock, syncMs, sync }: SyncDeadlineDeps): SyncDeadline {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;

  function due(): void {
    clearTimeout(timer);
    timer = undefined;
    void sync();
  }

  return {
    appended(behind) {
      if (behind) due();
      else if (timer === undefined) {
        since = clock.monotonic();
        timer = setTimeout(due, syncMs);
      } else if (clock.monotonic() - since >= syncMs) due();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
