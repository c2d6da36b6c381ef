import type { z } from 'zod';

/** What a notification says: JSON that receivers rely on, see docs/operate/alerts.md. */
export interface Message {
  /** The same in every try. */
  readonly idempotencyKey: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A way to reach somebody. A failure is an AppError, with `retryAfterMs` where the receiver has said when; who sends
 * tries again, so nothing here does.
 */
export interface Notifier<Settings = unknown> {
  readonly kind: string;
  /** Where to send it: all of this is kept as a secret. */
  readonly settings: z.ZodType<Settings>;
  /** What of the settings may be shown. */
  target(settings: Settings): string;
  send(message: Message, settings: Settings, signal: AbortSignal): Promise<void>;
}
