import { createTargetGuard } from '#domain/target-guard.ts';
import { createNotifiers } from '#notifiers/registry.ts';
import { createAlertStore } from '#stores/alerts/postgres.ts';
import { createChannelStore } from '#stores/alerts/postgres-channels.ts';
import { createOutbox } from '#stores/alerts/postgres-outbox.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { createAlerting } from '#services/alerting/alerting.ts';
import type { AlertingDeps } from '#services/alerting/alerting.ts';
import type { ConditionSource } from '#services/alerting/conditions.ts';
import { createEvaluator } from '#services/alerting/evaluator.ts';
import { SYSTEM_RULES } from '#services/alerting/rules.ts';

/** Alerting on a real database; webhooks may go to 127.0.0.0/8. Conditions are whatever is put into `sources`. */
export function createTestAlerting(deps: { pg: Postgres; secrets: SecretStore; platform: AlertingDeps['platform'] }) {
  const { pg, secrets, platform } = deps;
  const sources: ConditionSource<string>[] = [];
  const stores = {
    alerts: createAlertStore(pg),
    channels: createChannelStore(pg),
    outbox: createOutbox(pg),
    secrets,
  };
  const alerting = createAlerting({
    stores,
    notifiers: createNotifiers({ guard: createTargetGuard(['127.0.0.0/8']), canaryHeard: () => undefined }),
    sources: [],
    leads: () => true,
    publicUrl: 'https://sotp.example.net',
    platform,
  });
  const { bus, clock, log } = platform;
  const evaluator = createEvaluator({
    store: stores.alerts,
    sources,
    rules: SYSTEM_RULES,
    leads: () => true,
    bus,
    clock,
    log,
  });
  return { ...alerting, evaluator, stores, sources };
}
