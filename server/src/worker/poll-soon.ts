import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { EnqueuePoll } from '#services/inventory/tasks.ts';
import type { Targets } from '#services/inventory/targets.ts';

/** A device that flaps is polled so often at most; what comes in between is told by the poll behind it. */
const DEVICE_MS = 10_000;
const TICK_MS = 250;
/** Polls asked for at once: a storm must not become one of polls. */
const PER_TICK = 25;
const DEVICES_MAX = 10_000;

export interface PollSoonDeps {
  readonly targets: Pick<Targets, 'target'>;
  readonly enqueue: EnqueuePoll;
  readonly clock: Clock;
  readonly log: Log;
}

/** Has devices polled at once because of what they have said themselves. */
export interface PollSoon extends Component {
  poll(deviceId: number): void;
  counters(): Record<string, number>;
}

export function createPollSoon({ targets, enqueue, clock, log }: PollSoonDeps): PollSoon {
  /** Devices that wait, and those polled a moment ago: when each may be polled next, by the monotonic clock. */
  const due = new Map<number, { at: number; wanted: boolean }>();
  let polls = 0;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function ask(deviceId: number): Promise<void> {
    try {
      const configured = await targets.target(deviceId);
      if (!configured || configured.disabled || configured.collectors.length === 0) return;
      await enqueue({ deviceId, site: configured.site, collectors: configured.collectors });
      polls += 1;
    } catch (thrown) {
      // The regular poll comes anyway.
      log.debug({ device: deviceId, err: toAppError(thrown).message }, 'a poll at once could not be asked for');
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      const now = clock.monotonic();
      const ready: number[] = [];
      for (const [deviceId, entry] of due) {
        if (entry.at > now) continue;
        if (!entry.wanted) due.delete(deviceId);
        else if (ready.length < PER_TICK) {
          ready.push(deviceId);
          entry.wanted = false;
          entry.at = now + DEVICE_MS;
        }
      }
      await Promise.all(ready.map(ask));
    }
  }

  return {
    name: 'polls at once',
    poll(deviceId) {
      const entry = due.get(deviceId);
      if (entry) entry.wanted = true;
      else if (due.size < DEVICES_MAX) due.set(deviceId, { at: clock.monotonic(), wanted: true });
    },
    counters: () => ({ trap_polls_total: polls }),
    async start() {
      stopping = new AbortController();
      running = work(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
