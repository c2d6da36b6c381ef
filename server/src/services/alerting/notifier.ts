import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Notifier } from '#notifiers/notifier.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Outbox, StoredNotification } from '#stores/alerts/alerts.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { channelSecretKey } from './channel-secret.ts';
import { nextTry, toMessage } from './delivery.ts';

/** A sender that dies has its notification taken over after this; longer than any try lasts. */
const CLAIM_MS = 45_000;
const LOOK_MS = 1_000;

export interface NotifierDeps {
  readonly outbox: Pick<Outbox, 'claim' | 'settle'>;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly notifiers: readonly Notifier[];
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Where browsers reach SOTP; for links. */
  readonly publicUrl: string | null;
  readonly random?: () => number;
}

export interface NotifierService extends Component {
  counters(): Record<string, number>;
}

/** Sends what is in the outbox, one at a time for each channel: a receiver that hangs holds up nobody else. */
export function createNotifierService(deps: NotifierDeps): NotifierService {
  const { outbox, secrets, notifiers, bus, clock, log, publicUrl, tracing = noTracing, random = Math.random } = deps;
  const busy = new Map<number, Promise<void>>();
  const counters = { sent: 0, failed: 0, dead: 0 };
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let wake: (() => void) | undefined;
  let complained = '';

  async function send(notification: StoredNotification, signal: AbortSignal): Promise<void> {
    const { channelId, kind } = notification;
    const notifier = notifiers.find((one) => one.kind === kind);
    if (!notifier || channelId === null) {
      throw new AppError('notification_failed', `This SOTP knows no way to send to “${notification.channel}”.`);
    }
    const stored = kind === 'canary' ? '{}' : await secrets.get(channelSecretKey(channelId));
    if (stored === undefined) {
      throw new AppError('secret_unavailable', `The address of “${notification.channel}” is gone: enter it anew.`);
    }
    await notifier.send(toMessage(notification, publicUrl), notifier.settings.parse(JSON.parse(stored)), signal);
  }

  async function attempt(notification: StoredNotification, signal: AbortSignal): Promise<void> {
    const { id, channel, createdAt, attempts } = notification;
    try {
      const facts = { channel: notification.channelId ?? 0, kind: notification.kind ?? '', attempts };
      await tracing.span('notification', () => send(notification, signal), { kind: 'client', facts });
      counters.sent++;
      await outbox.settle(id, { sent: true, at: clock.now() });
    } catch (thrown) {
      // Stopped in the middle: nobody knows whether it arrived, so it is sent again, with the same key.
      if (signal.aborted) return;
      const { message, retryAfterMs } = toAppError(thrown);
      const nextAt = nextTry({ createdAt, attempts, now: clock.now(), retryAfterMs }, random());
      counters.failed++;
      if (nextAt === null) {
        counters.dead++;
        log.error({ channel, notification: id, err: message }, 'a notification is given up after a day');
      } else if (attempts === 1) {
        log.warn({ channel, notification: id, err: message }, 'a notification was not sent and is tried again');
      }
      await outbox.settle(id, { sent: false, error: message, nextAt });
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    for (const notification of await outbox.claim(clock.now(), CLAIM_MS, [...busy.keys()])) {
      const channel = notification.channelId ?? 0;
      const done = attempt(notification, signal)
        .catch((error: unknown) => log.debug({ err: error }, 'what became of a notification was not written'))
        .finally(() => {
          busy.delete(channel);
          wake?.();
        });
      busy.set(channel, done);
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        await look(signal);
        complained = '';
      } catch (thrown) {
        const { code, message } = toAppError(thrown);
        if (message !== complained) log.warn({ code, err: message }, 'the outbox cannot be read; tried again');
        complained = message;
      }
      const rest = new AbortController();
      await Promise.race([clock.sleep(LOOK_MS, AbortSignal.any([signal, rest.signal])), woken]).catch(() => undefined);
      rest.abort();
    }
  }

  return {
    name: 'notifier',
    async start() {
      stopping = new AbortController();
      unsubscribe = await bus.subscribe(BUS_TOPICS.outbox, () => wake?.());
      running = loop(stopping.signal);
    },
    async stop() {
      await unsubscribe?.();
      stopping.abort();
      await running;
      await Promise.all(busy.values());
    },
    counters: () => ({
      notifications_sent_total: counters.sent,
      notifications_failed_total: counters.failed,
      'notifications_dropped_total{reason="given_up"}': counters.dead,
    }),
  };
}
