import type { Backends } from '#app/backends.ts';
import type { Config } from '#app/config/load.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { createTargetGuard } from '#domain/target-guard.ts';
import { createNotifiers } from '#notifiers/registry.ts';
import { postJson, resolveName } from '#notifiers/webhook/post.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Audit } from '#services/access/audit.ts';
import { createAlerting } from '#services/alerting/alerting.ts';
import { blindConditions } from '#services/alerting/blind-conditions.ts';
import type { ConditionSource } from '#services/alerting/conditions.ts';
import { createHeartbeat } from '#services/alerting/heartbeat.ts';
import { lineConditions } from '#services/alerting/line-conditions.ts';
import { processConditions } from '#services/alerting/process-conditions.ts';
import { SYSTEM_RULES } from '#services/alerting/rules.ts';
import type { SystemCode } from '#services/alerting/rules.ts';
import { CANARY_RULES } from '#services/canary/alert-canary.ts';
import { createCanary } from '#services/canary/canary.ts';
import { CanaryHeard } from '#services/canary/heard.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { Telemetry } from '#services/telemetry/queries.ts';

const HEARTBEAT_TIMEOUT_MS = 10_000;
/** Without these nothing is watched, so nobody is told that all is well. */
const VITAL: readonly SystemCode[] = ['no_collector', 'no_plan'];

export interface SelfWatchDeps {
  readonly config: Config;
  readonly backends: Pick<Backends, 'bus' | 'stores'>;
  readonly book: ProcessBook;
  readonly blindSpots: BlindSpots;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}

/** Why not all is well, as far as these sources can tell; null while one of them cannot yet. */
async function troublesOf(sources: readonly ConditionSource[]): Promise<string[] | null> {
  const found = await Promise.all(sources.map((source) => source.look([])));
  if (found.includes(null)) return null;
  return found.flatMap((conditions) =>
    (conditions ?? []).filter(({ code }) => VITAL.includes(code)).map(({ code }) => `${SYSTEM_RULES[code].rule}.`),
  );
}

/** SOTP watching itself: alerts, whoever is told of them, the canary and the heartbeat. Components in the order in which they start. */
export function createSelfWatch(deps: SelfWatchDeps) {
  const { config, backends, book, blindSpots, telemetry, audit, leads, clock, log, tracing } = deps;
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
  const known = [processConditions({ book, clock }), blindConditions({ blindSpots, clock })];
  const { url, method, intervalSeconds } = config.heartbeat;
  const heartbeat =
    url === undefined
      ? undefined
      : createHeartbeat({
          intervalMs: intervalSeconds * 1_000,
          // The address is the operator's own, so it may be anywhere.
          send: (signal) =>
            postJson(
              { url, method, body: { source: 'SOTP', at: new Date(clock.now()).toISOString() }, headers: {} },
              { guard: { allows: () => true }, resolve: resolveName, timeoutMs: HEARTBEAT_TIMEOUT_MS },
              signal,
            ),
          async troubles() {
            const found = await troublesOf(known);
            return found && [...found, ...canary.troubles()];
          },
          leads,
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
      ...known,
      lineConditions({ queries: stores.countedQueries, telemetry, clock }),
      ...(config.canary.enabled === 'yes' ? [canary.conditions, canary.alert.source] : []),
      ...(heartbeat ? [heartbeat.conditions] : []),
    ],
    moreRules: CANARY_RULES,
    leads,
    publicUrl: config.publicUrl ?? null,
    tracing,
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
    components: [ear, canary, alerting.evaluator, alerting.notifier, ...(heartbeat ? [heartbeat] : [])],
    counters: () => ({ ...alerting.notifier.counters(), ...canary.counters(), ...heartbeat?.counters() }),
    histograms: canary.histograms,
  };
}
