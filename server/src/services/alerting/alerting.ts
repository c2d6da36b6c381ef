import type { Bus } from '#bus/bus.ts';
import type { Notifier } from '#notifiers/notifier.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Audit } from '#services/access/audit.ts';
import type { AlertStore, ChannelStore, Outbox } from '#stores/alerts/alerts.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { createAlerts } from './alerts.ts';
import type { Alerts } from './alerts.ts';
import { channelConditions } from './channel-conditions.ts';
import { createChannels } from './channels.ts';
import type { Channels } from './channels.ts';
import type { ConditionSource } from './conditions.ts';
import { createEvaluator } from './evaluator.ts';
import type { Evaluator } from './evaluator.ts';
import { createNotifierService } from './notifier.ts';
import type { NotifierService } from './notifier.ts';
import { SYSTEM_RULES } from './rules.ts';
import type { SystemRule } from './rules.ts';

/** Everything about alerts: finding them out, telling of them, and showing them. */
export interface Alerting {
  readonly alerts: Alerts;
  readonly channels: Channels;
  readonly evaluator: Evaluator;
  readonly notifier: NotifierService;
}

export interface AlertingDeps {
  readonly stores: {
    readonly alerts: AlertStore;
    readonly channels: ChannelStore;
    readonly outbox: Outbox;
    readonly secrets: SecretStore;
  };
  readonly notifiers: readonly Notifier[];
  readonly sources: readonly ConditionSource<string>[];
  /** Rules besides those of `rules.ts`. */
  readonly moreRules?: Readonly<Record<string, SystemRule>>;
  readonly leads: () => boolean;
  readonly publicUrl: string | null;
  readonly tracing?: Tracing | undefined;
  readonly platform: { readonly audit: Audit; readonly bus: Bus; readonly clock: Clock; readonly log: Log };
}

export function createAlerting(deps: AlertingDeps): Alerting {
  const { stores, notifiers, leads, publicUrl, tracing, platform } = deps;
  const { alerts: store, channels, outbox, secrets } = stores;
  const { audit, bus, clock, log } = platform;
  return {
    alerts: createAlerts({ alerts: store, outbox, audit, bus, clock }),
    channels: createChannels({ channels, outbox, secrets, notifiers, audit, clock }),
    evaluator: createEvaluator({
      store,
      sources: [...deps.sources, channelConditions(outbox)],
      rules: { ...SYSTEM_RULES, ...deps.moreRules },
      leads,
      bus,
      clock,
      log,
    }),
    notifier: createNotifierService({ outbox, secrets, notifiers, bus, clock, log, tracing, publicUrl }),
  };
}
