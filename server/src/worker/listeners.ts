import type { Listener } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';

const AGAIN_MS = 15_000;

/** Everything that waits for senders, as one part: what cannot be opened is said once and tried again, and holds up nobody. */
export interface Listeners extends Component {
  counters(): Record<string, number>;
}

export interface ListenersDeps {
  readonly listeners: readonly Listener[];
  readonly clock: Clock;
  readonly log: Log;
}

export function createListeners({ listeners, clock, log }: ListenersDeps): Listeners {
  const open = new Set<Listener>();
  let stopping = new AbortController();
  let running: Promise<void>[] = [];

  async function keepOpen(listener: Listener, signal: AbortSignal): Promise<void> {
    for (let complained = ''; !signal.aborted;) {
      try {
        await listener.open();
        open.add(listener);
        if (complained !== '') log.info(`listening on ${listener.where} now`);
        return;
      } catch (error) {
        const { message } = toAppError(error);
        if (message !== complained) log.warn(message);
        complained = message;
      }
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
  }

  return {
    name: 'listeners',
    async start() {
      stopping = new AbortController();
      running = listeners.map((listener) => keepOpen(listener, stopping.signal));
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
      await Promise.all([...open].map((listener) => listener.close()));
      open.clear();
    },
    counters() {
      const all: Record<string, number> = {};
      for (const listener of listeners) {
        all[`listener_open{listener="${listener.name}"}`] = open.has(listener) ? 1 : 0;
        // Two listeners of one transport count under one name.
        for (const [name, value] of Object.entries(listener.metrics())) all[name] = (all[name] ?? 0) + value;
      }
      return all;
    },
  };
}
