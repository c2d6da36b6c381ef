import { CANARY_LINES } from '#domain/canary-lines.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { HistogramReading } from '#platform/meter.ts';
import type { ConditionSource } from '#services/alerting/conditions.ts';
import type { CanaryReader } from '#stores/canary/canary.ts';
import type { LinePlace, LogStore } from '#stores/logs/logs.ts';
import { createAlertCanary } from './alert-canary.ts';
import type { AlertCanary } from './alert-canary.ts';
import { SILENT_MS, canaryConditions } from './conditions.ts';
import { createFollower } from './follow.ts';
import type { ReadCanaries } from './follow.ts';
import { createPathWatch } from './path-watch.ts';
import type { CanaryPath, PathWatch } from './path-watch.ts';
import type { CanarySettings } from './settings.ts';

const EVERY_MS = 1_000;
const PAGE = 2_000;
const PAGES = 20;

export interface CanaryDeps {
  readonly settings: CanarySettings;
  readonly reader: CanaryReader;
  readonly logs: Pick<LogStore, 'search'>;
  /** Watched once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  /** Processes that send canaries now. */
  readonly senders: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export type Watches = Readonly<Record<CanaryPath, PathWatch>>;

/** The listening part of the canary: what has come through, how late, and what has not. */
export interface Canary extends Component {
  readonly alert: AlertCanary;
  readonly conditions: ConditionSource;
  counters(): Record<string, number>;
  histograms(): Record<string, HistogramReading>;
  /** Sentences about what does not come through now; empty when all does. */
  troubles(): readonly string[];
}

function freshWatches(): Watches {
  return { metric: createPathWatch('metric'), log: createPathWatch('log'), alert: createPathWatch('alert') };
}

export function createCanary(deps: CanaryDeps): Canary {
  const { settings, reader, logs, leads, senders, clock, log, random = Math.random } = deps;
  const watches = freshWatches();
  /** The database's clock less ours: what collectors count by. */
  let offset = 0;
  let leadingSince: number | null = null;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let complained = '';
  const now = () => clock.now() + offset;

  const readSamples: ReadCanaries = async (from, to) => {
    const askedAt = clock.now();
    const found = await reader.read(from, to);
    offset = found.now - (askedAt + clock.now()) / 2;
    return found.samples.map(({ collector: stream, ...sighting }) => ({ stream, sighting }));
  };

  const readLines: ReadCanaries = async (from, to) => {
    const found: { stream: string; sighting: { boot: number; sequence: number; sentAt: number } }[] = [];
    let after: LinePlace | undefined;
    for (let page = 0; page < PAGES; page++) {
      const answer = await logs.search({ filter: CANARY_LINES, from, to, direction: 'forward', limit: PAGE, after });
      for (const { host: stream, procId, msgId, receivedAt: sentAt } of answer.lines) {
        found.push({ stream, sighting: { boot: Number(procId), sequence: Number(msgId), sentAt } });
      }
      if (!answer.next) break;
      after = answer.next;
    }
    return found;
  };

  const followers = [createFollower(watches.metric, readSamples), createFollower(watches.log, readLines)];
  const alert = createAlertCanary({ watch: watches.alert, now });

  async function look(): Promise<void> {
    for (const watch of Object.values(watches)) watch.begin(now());
    const ended = await Promise.allSettled(followers.map((follow) => follow(now)));
    const failed = ended.find((one) => one.status === 'rejected');
    const { message } = toAppError(failed?.reason ?? '');
    if (failed && message !== complained) log.warn({ err: message }, 'the canary cannot be read back; tried again');
    complained = failed ? message : '';
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Anywhere in the second: a fixed beat would always be equally late.
      await clock.sleep(EVERY_MS * (0.5 + random()), signal).catch(() => undefined);
      if (signal.aborted) return;
      if (!leads()) leadingSince = null;
      else {
        leadingSince ??= clock.monotonic();
        await look();
      }
    }
  }

  const leadsFor = () => (leadingSince === null ? 0 : clock.monotonic() - leadingSince);
  const conditions = canaryConditions({ watches, alert, settings, senders, now, leadsFor });

  return {
    name: 'canary watch',
    alert,
    conditions,
    async start() {
      if (settings.enabled === 'no') return;
      stopping = new AbortController();
      running = loop(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    troubles() {
      if (settings.enabled === 'no') return [];
      if (leadingSince === null) return ['This hub does not lead.'];
      const missing = (['metric', 'log'] as const).filter((path) => {
        const { newestSentAt } = watches[path].figures(now());
        return newestSentAt === null || now() - newestSentAt > SILENT_MS + settings.maxLatencySeconds * 1_000;
      });
      return [
        ...missing.map((path) => `No ${path} of the canary has come through lately.`),
        ...conditions.now().map(({ summary }) => summary),
      ];
    },
    counters() {
      if (settings.enabled === 'no' || leadingSince === null) return {};
      const all: Record<string, number> = {};
      for (const [path, watch] of Object.entries(watches)) {
        const { p50Ms, p99Ms, lossPercent, lostLastHour, newestSentAt } = watch.figures(now());
        const label = `path="${path}"`;
        if (p50Ms !== null) all[`canary_latency_ms{${label},quantile="0.5"}`] = p50Ms;
        if (p99Ms !== null) all[`canary_latency_ms{${label},quantile="0.99"}`] = p99Ms;
        if (newestSentAt !== null) all[`canary_newest_age_seconds{${label}}`] = (now() - newestSentAt) / 1_000;
        all[`canary_loss_percent{${label}}`] = lossPercent;
        all[`canary_lost_last_hour{${label}}`] = lostLastHour;
        Object.assign(all, watch.counters());
      }
      return all;
    },
    histograms() {
      if (settings.enabled === 'no' || leadingSince === null) return {};
      return Object.assign({}, ...Object.values(watches).map((watch) => watch.histograms()));
    },
  };
}
