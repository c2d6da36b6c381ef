import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';

export interface Chore {
  readonly name: string;
  /** Leaves off at the next good moment when aborted. */
  run(now: number, signal: AbortSignal): Promise<unknown>;
}

export interface HousekeepingDeps {
  readonly chores: readonly Chore[];
  /** Chores are done once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const FIRST_MS = 20_000;
const EVERY_MS = 5 * 60_000;

/** Does what has to be done every few minutes: retention, partitions ahead, old tasks. A chore that fails is tried again next time. */
export function createHousekeeping({ chores, leads, clock, log }: HousekeepingDeps): Component {
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    for (const chore of chores) {
      try {
        await chore.run(clock.now(), stopping.signal);
      } catch (error) {
        log.warn({ err: error, chore: chore.name }, 'housekeeping failed and is tried again');
      }
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    let delay = FIRST_MS;
    while (!signal.aborted) {
      await clock.sleep(delay, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (leads()) await round();
      delay = EVERY_MS;
    }
  }

  return {
    name: 'housekeeping',
    async start() {
      stopping = new AbortController();
      running = loop(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
