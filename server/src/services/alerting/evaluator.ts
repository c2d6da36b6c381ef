import type { AlertEvent } from '@sotp/contract/alerts.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { stepAlert } from '#domain/alert-state.ts';
import type { AlertPhase } from '#domain/alert-state.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { CANARY_CODE } from '#stores/alerts/alerts.ts';
import type { AlertChange, AlertStore, AlertWords, StoredAlert } from '#stores/alerts/alerts.ts';
import type { Condition, ConditionSource } from './conditions.ts';
import type { SystemRule } from './rules.ts';

const EVERY_MS = 2_000;
/** Figures in the words of an alert are renewed no more often. */
const WORDS_MS = 30_000;

export interface EvaluatorDeps {
  readonly store: Pick<AlertStore, 'open' | 'commit'>;
  readonly sources: readonly ConditionSource<string>[];
  readonly rules: Readonly<Record<string, SystemRule>>;
  /** Done once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs?: number;
}

/** Looks at conditions every few seconds and writes what became of them. All state is in the store: whoever leads next goes on. */
export interface Evaluator extends Component {
  /** One look; for tests. */
  evaluate(): Promise<void>;
}

const keyOf = ({ code, subject }: { code: string; subject: string }) => `${code} ${subject}`;

function phaseOf(alert: StoredAlert | undefined): AlertPhase {
  if (!alert || alert.state === 'resolved') return { phase: 'quiet' };
  if (alert.state === 'pending') return { phase: 'pending', since: alert.startedAt };
  const { startedAt: since, firedAt, clearSince } = alert;
  return { phase: 'firing', since, firedAt: firedAt ?? since, clearSince };
}

export function createEvaluator(deps: EvaluatorDeps): Evaluator {
  const { store, sources, rules, leads, bus, clock, log } = deps;
  const worded = new Map<number, number>();
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let complained = '';

  function change(code: string, subject: string, open: StoredAlert | undefined, found: Condition<string> | undefined) {
    const rule = rules[code];
    if (!rule) return undefined;
    const at = clock.now();
    const before = phaseOf(open);
    const { next, transition } = stepAlert(before, found?.truth ?? 'clear', at, rule);
    const words: AlertWords | undefined =
      found?.truth === 'holds'
        ? {
            rule: rule.rule,
            severity: rule.severity,
            remedy: rule.remedy,
            href: found.href ?? rule.href,
            summary: found.summary,
          }
        : undefined;
    const stale = open && words && words.summary !== open.summary && at - (worded.get(open.id) ?? 0) >= WORDS_MS;
    if (next === before && !stale) return undefined;
    if (next.phase === 'quiet' && before.phase === 'quiet') return undefined;
    if (open) worded.set(open.id, at);
    return { code, subject, before: open, next, transition, words, at } satisfies AlertChange;
  }

  async function lookAt(source: ConditionSource<string>, open: readonly StoredAlert[]): Promise<AlertChange[]> {
    const own = open.filter(({ code }) => source.codes.includes(code));
    let found: readonly Condition<string>[] | null = null;
    try {
      found = await source.look(own);
    } catch (error) {
      log.debug({ err: error, codes: source.codes }, 'conditions could not be looked at');
    }
    if (found === null) return [];
    const opened = new Map(own.map((alert) => [keyOf(alert), alert]));
    const told = new Map(found.map((condition) => [keyOf(condition), condition]));
    const all = new Map<string, { code: string; subject: string }>([...opened, ...told]);
    return [...all].flatMap(([key, { code, subject }]) => {
      const made = change(code, subject, opened.get(key), told.get(key));
      return made ? [made] : [];
    });
  }

  async function evaluate(): Promise<void> {
    const open = await store.open();
    const ids = new Set(open.map(({ id }) => id));
    for (const id of worded.keys()) if (!ids.has(id)) worded.delete(id);
    const changes = (await Promise.all(sources.map((source) => lookAt(source, open)))).flat();
    if (changes.length === 0) return;
    for (const { id, state, code, subject } of await store.commit(changes)) {
      const event: AlertEvent = { alertId: String(id), state };
      if (code !== CANARY_CODE) bus.publish(BUS_TOPICS.alerts, event);
      log.debug({ alert: id, code, subject, state }, 'alert');
    }
    bus.publish(BUS_TOPICS.outbox, {});
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(deps.everyMs ?? EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted || !leads()) continue;
      try {
        await evaluate();
        complained = '';
      } catch (thrown) {
        const { code, message } = toAppError(thrown);
        if (message !== complained) log.warn({ code, err: message }, 'alerts could not be evaluated; tried again');
        complained = message;
      }
    }
  }

  return {
    name: 'alert evaluation',
    evaluate,
    async start() {
      stopping = new AbortController();
      running = loop(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
