import type { BlindSpot } from '@sotp/contract/blind-spots.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { BlindSource } from '#services/fleet/blind-spots.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { ConditionSource } from './conditions.ts';

/** A first look at whether all is well soon after the start; a hub has not heard of everybody before. */
const FIRST_MS = 40_000;

export interface HeartbeatDeps {
  readonly intervalMs: number;
  /** Asks the address outside. Throws when it does not answer as it should. */
  readonly send: (signal: AbortSignal) => Promise<void>;
  /** Why all is not well, in sentences; empty when it is, null when it is too early to tell. Throwing says that nobody can. */
  readonly troubles: () => Promise<readonly string[] | null>;
  /** Sent once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells somebody outside, again and again, that SOTP watches: when it falls silent, whatever the reason, he speaks up. */
export interface Heartbeat extends Component {
  readonly conditions: ConditionSource;
  counters(): Record<string, number>;
}

export function createHeartbeat({ intervalMs, send, troubles, leads, clock, log }: HeartbeatDeps): Heartbeat {
  const total = { sent: 0, failed: 0, withheld: 0 };
  /** Why the last one was not sent, or did not arrive. */
  let fault: { readonly kind: 'failed' | 'withheld'; readonly why: string } | null = null;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  function note(next: typeof fault): void {
    if (next && next.why !== fault?.why) log.warn({ why: next.why }, `the heartbeat was ${next.kind}`);
    if (!next && fault) log.info('the heartbeat is sent again');
    fault = next;
  }

  async function wellness(): Promise<string | null> {
    try {
      return (await troubles())?.join(' ') ?? null;
    } catch (error) {
      return toAppError(error).message;
    }
  }

  async function beat(signal: AbortSignal): Promise<void> {
    const why = await wellness();
    if (why === null) return;
    if (why !== '') {
      total.withheld++;
      note({ kind: 'withheld', why });
      return;
    }
    try {
      await send(signal);
      total.sent++;
      note(null);
    } catch (error) {
      if (signal.aborted) return;
      total.failed++;
      note({ kind: 'failed', why: toAppError(error).message });
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    let pause = Math.min(FIRST_MS, intervalMs);
    while (!signal.aborted) {
      await clock.sleep(pause, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (leads()) await beat(signal);
      else fault = null;
      pause = intervalMs;
    }
  }

  return {
    name: 'heartbeat',
    conditions: {
      codes: ['heartbeat_failing'],
      async look() {
        if (fault?.kind !== 'failed') return [];
        const summary = `The dead man’s switch outside does not take the heartbeat. ${fault.why}`;
        return [{ code: 'heartbeat_failing', subject: '', truth: 'holds', summary }];
      },
    },
    async start() {
      stopping = new AbortController();
      running = loop(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    counters: () => ({
      outside_heartbeat_sent_total: total.sent,
      outside_heartbeat_failed_total: total.failed,
      outside_heartbeat_withheld_total: total.withheld,
      outside_heartbeat_failing: fault?.kind === 'failed' ? 1 : 0,
      outside_heartbeat_withheld: fault?.kind === 'withheld' ? 1 : 0,
    }),
  };
}

/** The heartbeat among the blind spots, as the hub that leads has told of it. */
export function blindHeartbeat(book: Pick<ProcessBook, 'reports'>): BlindSource {
  return async ({ scope }): Promise<BlindSpot[]> => {
    const told = book.reports().find(({ counters }) => counters['scheduler_leader'] === 1)?.counters;
    if (scope !== null || (told?.['outside_heartbeat_failing'] !== 1 && told?.['outside_heartbeat_withheld'] !== 1))
      return [];
    const withheld = told['outside_heartbeat_withheld'] === 1;
    return [
      {
        reason: 'heartbeat_failing',
        kind: 'weak',
        title: withheld ? 'The heartbeat is withheld' : 'The heartbeat does not arrive',
        count: 1,
        items: [
          {
            name: 'heartbeat',
            href: null,
            detail: withheld
              ? 'Not all is well, so the dead man’s switch outside is not told that it is.'
              : 'The dead man’s switch outside does not take it, and will raise an alarm.',
          },
        ],
        remedy: withheld
          ? 'See the other blind spots, the alerts and the canary; the log of the hub says which of them it was.'
          : 'See whether the address in heartbeat.url answers from the machine of the hub; its log says what came back.',
        href: '/alerts',
      },
    ];
  };
}
