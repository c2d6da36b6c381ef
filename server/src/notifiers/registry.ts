import type { TargetGuard } from '#domain/target-guard.ts';
import { createCanaryReceiver } from './canary/canary.ts';
import type { Notifier } from './notifier.ts';
import { createWebhook } from './webhook/webhook.ts';

export interface NotifiersDeps {
  readonly guard: TargetGuard;
  /** Is told of alerts of the canary that came through. */
  readonly canaryHeard: (event: string, subject: string) => void;
}

/** Every way in which people are told, and the canary. A new one is a folder and a line here. */
export function createNotifiers({ guard, canaryHeard }: NotifiersDeps): Notifier[] {
  return [createWebhook({ guard }), createCanaryReceiver(canaryHeard)];
}
