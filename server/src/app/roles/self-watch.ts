import type { Backends } from '#app/backends.ts';
import type { Config } from '#app/config/load.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { createTargetGuard } from '#domain/target-guard.ts';
import { createNotifiers } from '#notifiers/registry.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Audit } from '#services/access/audit.ts';
import { createAlerting } from '#services/alerting/alerting.ts';
import { blindConditions } from '#services/alerting/blind-conditions.ts';
import { processConditions } from '#services/alerting/process-conditions.ts';
import { CANARY_RULES } from '#services/canary/alert-canary.ts';
import { createCanary } from '#services/canary/canary.ts';
import { CanaryHeard } from '#services/canary/heard.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';

export interface SelfWatchDeps {
  readonly config: Config;
  readonly backends: Pick<Backends, 'bus' | 'stores'>;
  readonly book: ProcessBook;
  readonly blindSpots: BlindSpots;
  readonly audit: Audit;
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** SOTP watching itself: alerts, whoever is told of them, and the canary. Components in the order in which they start. */
export function createSelfWatch({ config, backends, book, blindSpots, audit, leads, clock, log }: SelfWatchDeps) {
  const { bus, stores } = backends;
  const canary = createCanary({
    settings: config.canary,
    reader: stores.canary,
    logs: stores.logs,
    leads,
    senders: () =>
      book
        .reports()
        .flatMap(({ instance, counters }) => ('canary_sent_total{path="metric"}' in counters ? [instance] : [])),
    clock,
    log,
  });
  const alerting = createAlerting({
    stores,
    notifiers: createNotifiers({
      guard: createTargetGuard(config.alerting.allowedTargets),
      canaryHeard: (event, subject) => bus.publish(BUS_TOPICS.canary, { event, subject } satisfies CanaryHeard),
    }),
    sources: [
      processConditions({ book, clock }),
      blindConditions({ blindSpots, clock }),
      ...(config.canary.enabled === 'yes' ? [canary.conditions, canary.alert.source] : []),
    ],
    moreRules: CANARY_RULES,
    leads,
    publicUrl: config.publicUrl ?? null,
    platform: { audit, bus, clock, log },
  });
  let unsubscribe: (() => Promise<void>) | undefined;
  const ear: Component = {
    name: 'canary ear',
    async start() {
      unsubscribe = await bus.subscribe(BUS_TOPICS.canary, (message) => {
        const { success, data } = CanaryHeard.safeParse(message);
        if (success) canary.alert.heard(data.event, data.subject);
      });
    },
    stop: async () => unsubscribe?.(),
  };
  return {
    alerting,
    canary,
    components: [ear, canary, alerting.evaluator, alerting.notifier],
    counters: () => ({ ...alerting.notifier.counters(), ...canary.counters() }),
  };
}
