import type { z } from 'zod';
import { ChannelCreate } from '@sotp/contract/alerts.ts';
import type { TargetGuard } from '#domain/target-guard.ts';
import type { Notifier } from '#notifiers/notifier.ts';
import { postJson, resolveName } from './post.ts';
import type { Resolve } from './post.ts';

const TIMEOUT_MS = 10_000;

type Settings = z.infer<(typeof ChannelCreate)['shape']['settings']>;

export interface WebhookDeps {
  readonly guard: TargetGuard;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

/** Posts JSON to a URL, with the key of the notification in `Idempotency-Key`. */
export function createWebhook({
  guard,
  resolve = resolveName,
  timeoutMs = TIMEOUT_MS,
}: WebhookDeps): Notifier<Settings> {
  return {
    kind: 'webhook',
    settings: ChannelCreate.shape.settings,
    // Path and query often hold a key.
    target: ({ url }) => new URL(url).origin,
    send: ({ idempotencyKey, body }, { url }, signal) =>
      postJson(
        { url, body, headers: { 'idempotency-key': idempotencyKey, 'user-agent': 'SOTP' } },
        { guard, resolve, timeoutMs },
        signal,
      ),
  };
}
