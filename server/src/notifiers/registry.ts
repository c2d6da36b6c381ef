import type { TargetGuard } from '#domain/target-guard.ts';
import type { Notifier } from './notifier.ts';
import { createWebhook } from './webhook/webhook.ts';

/** Every way in which people are told. A new one is a folder and a line here. */
export function createNotifiers(guard: TargetGuard): Notifier[] {
  return [createWebhook({ guard })];
}
