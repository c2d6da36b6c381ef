import type { ConditionSource } from '#services/alerting/conditions.ts';
import type { SystemRule } from '#services/alerting/rules.ts';
import { CANARY_CODE } from '#stores/alerts/alerts.ts';
import type { PathWatch } from './path-watch.ts';

const EVERY_MS = 60_000;
/** An alert that has fired and is not heard of for so long is lost. */
const LOST_MS = 120_000;
const HUB = 'hub';

/** Fires and is over as soon as it is said. */
export const CANARY_RULES: Readonly<Record<string, SystemRule>> = {
  [CANARY_CODE]: { rule: 'Canary', severity: 'warning', forMs: 0, keepMs: 0, remedy: '', href: null },
};

export interface AlertCanary {
  readonly source: ConditionSource<string>;
  /** An alert has come to where alerts are sent. */
  heard(event: string, subject: string): void;
  /** Since when the present one is under way; null while none is. Epoch ms. */
  waitingSince(): number | null;
}

/** The alert a minute: a condition that holds until its notification has come through the evaluator, outbox and notifier. */
export function createAlertCanary({ watch, now }: { watch: PathWatch; now: () => number }): AlertCanary {
  let mark: { readonly subject: string; readonly since: number } | null = null;
  let nextAt: number | null = null;

  function end(): void {
    mark = null;
    nextAt = (Math.floor(now() / EVERY_MS) + 1) * EVERY_MS;
  }

  return {
    source: {
      codes: [CANARY_CODE],
      async look(open) {
        const at = now();
        // It has been due since then, though nobody has looked; but not while nobody led.
        if (!mark && at >= (nextAt ?? at)) {
          mark = { subject: String(Math.floor(at)), since: Math.max(nextAt ?? at, at - 5_000) };
        }
        if (mark && at - mark.since > LOST_MS) {
          const { subject } = mark;
          // One that could not even be written is late, not lost.
          if (open.some((alert) => alert.state === 'firing' && alert.subject === subject)) {
            watch.miss(HUB, at);
            end();
          }
        }
        if (!mark) return [];
        return [{ code: CANARY_CODE, subject: mark.subject, truth: 'holds', summary: 'The canary sings.' }];
      },
    },
    heard(event, subject) {
      if (event !== 'fired' || mark?.subject !== subject) return;
      watch.came(HUB, mark.since, now());
      end();
    },
    waitingSince: () => mark?.since ?? null,
  };
}
