import type { Condition, ConditionSource } from '#services/alerting/conditions.ts';
import type { AlertCanary } from './alert-canary.ts';
import type { PathWatch } from './path-watch.ts';
import type { CanarySettings } from './settings.ts';

/** Whoever has just begun to lead has not seen much yet. */
const SETTLED_MS = 30_000;
/** A canary is expected every second; an alert every minute. */
export const SILENT_MS = 60_000;

const WORDS = { metric: 'samples', log: 'log lines' } as const;

export interface CanaryConditionsDeps {
  readonly watches: Readonly<Record<'metric' | 'log' | 'alert', PathWatch>>;
  readonly alert: AlertCanary;
  readonly settings: CanarySettings;
  readonly senders: () => readonly string[];
  /** Epoch ms. */
  readonly now: () => number;
  /** How long this hub has led, ms. */
  readonly leadsFor: () => number;
}

/** What the canary has found, as conditions of alerts. */
export function canaryConditions(deps: CanaryConditionsDeps): ConditionSource & { now(): Condition[] } {
  const { watches, alert, settings, senders } = deps;
  const limitMs = settings.maxLatencySeconds * 1_000;

  function losses(at: number): Condition[] {
    return (['metric', 'log', 'alert'] as const).flatMap((path) =>
      watches[path].losing(at, settings.maxLossPercent).map(({ stream, lost, sent }) => ({
        code: 'canary_loss' as const,
        subject: `${path} ${stream}`,
        truth: 'holds' as const,
        summary:
          path === 'alert'
            ? 'The alert that the canary fires every minute was not heard of within two minutes.'
            : `${lost} of ${sent} ${WORDS[path]} of the canary of ${stream} are lost (${((lost / sent) * 100).toFixed(1)} %).`,
      })),
    );
  }

  function late(subject: string, summary: string): Condition {
    return { code: 'canary_latency', subject, truth: 'holds', summary };
  }

  function silences(at: number): Condition[] {
    const waiting = alert.waitingSince();
    const found = (['metric', 'log'] as const).flatMap((path) => {
      const positions = watches[path].positions();
      return senders().flatMap((stream) => {
        const ms = at - (positions.get(stream) ?? 0);
        if (ms < limitMs + SILENT_MS) return [];
        const since = positions.has(stream) ? `for ${Math.round(ms / 1_000)} s` : 'yet';
        return [late(`${path} ${stream}`, `No ${WORDS[path]} of the canary of ${stream} have come through ${since}.`)];
      });
    });
    if (waiting === null || at - waiting < limitMs + SILENT_MS) return found;
    const seconds = Math.round((at - waiting) / 1_000);
    return [...found, late('alert', `The alert of the canary has been under way for ${seconds} s.`)];
  }

  function latencies(at: number): Condition[] {
    return (['metric', 'log', 'alert'] as const).flatMap((path) => {
      const p99 = watches[path].p99(at);
      if (p99 === null || p99 <= limitMs) return [];
      const what = path === 'alert' ? 'alerts' : WORDS[path];
      const seconds = (p99 / 1_000).toFixed(1);
      return [late(path, `One in a hundred ${what} of the canary took ${seconds} s or longer to come through.`)];
    });
  }

  function now(): Condition[] {
    const at = deps.now();
    return [...losses(at), ...latencies(at), ...(deps.leadsFor() > SETTLED_MS + SILENT_MS ? silences(at) : [])];
  }

  return {
    codes: ['canary_loss', 'canary_latency'],
    now,
    async look() {
      return deps.leadsFor() < SETTLED_MS ? null : now();
    },
  };
}
