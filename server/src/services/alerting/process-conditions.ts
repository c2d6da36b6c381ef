import type { Clock } from '#platform/clock.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import { ALL_HEARD_MS } from '#services/telemetry/processes.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';
import type { StoredAlert } from '#stores/alerts/alerts.ts';
import type { Condition, ConditionSource } from './conditions.ts';
import type { SystemCode } from './rules.ts';

/** What waits in a spool for so long is not on its way any more. */
const STALLED_SECONDS = 30;
const FULL = 0.9;
/** Who does not speak is remembered for so long, as in the process book. */
const REMEMBERED_MS = 24 * 3_600_000;
const NO_ROOM = /_dropped_total\{.*reason="(spool_full|spool_disk|buffer_full)"/;
const BY_KERNEL = /_dropped_total\{.*reason="(kernel|kernel_buffer_full)"/;

const CODES = [
  'no_collector',
  'collector_silent',
  'spool_stalled',
  'spool_full',
  'spool_dropping',
  'kernel_drops',
] as const;

type Counters = ProcessReport['counters'];

/** How much the counters that fit have grown between two reports. */
function grown(now: Counters, before: Counters | undefined, fits: RegExp): number {
  let sum = 0;
  for (const [name, value] of Object.entries(now)) {
    if (fits.test(name)) sum += Math.max(0, value - (before?.[name] ?? (before ? 0 : value)));
  }
  return sum;
}

function spoolConditions({ instance, counters }: ProcessReport): Condition[] {
  const found: Condition[] = [];
  for (const [key, load] of Object.entries(counters)) {
    const [, name] = /^(\w*spool)_load$/.exec(key) ?? [];
    if (name === undefined) continue;
    const subject = `${instance}: ${name.replaceAll('_', ' ')}`;
    const seconds = counters[`${name}_stalled_seconds`] ?? 0;
    if (seconds >= STALLED_SECONDS) {
      const summary = `${subject}: nothing has been delivered for ${Math.round(seconds)} s.`;
      found.push({ code: 'spool_stalled', subject, truth: 'holds', summary });
    }
    if (load >= FULL) {
      const summary = `${subject} is ${Math.min(100, Math.floor(load * 100))} % full.`;
      found.push({ code: 'spool_full', subject, truth: 'holds', summary });
    }
  }
  return found;
}

function dropConditions({ instance: subject, counters }: ProcessReport, before: Counters | undefined): Condition[] {
  const found: Condition[] = [];
  const lost = grown(counters, before, NO_ROOM);
  if (lost > 0) {
    const summary = `${subject} dropped ${lost} samples or lines for want of room within 10 s.`;
    found.push({ code: 'spool_dropping', subject, truth: 'holds', summary });
  }
  const kernel = grown(counters, before, BY_KERNEL);
  if (kernel > 0) {
    const summary = `The kernel dropped ${kernel} packets for ${subject} within 10 s.`;
    found.push({ code: 'kernel_drops', subject, truth: 'holds', summary });
  }
  return found;
}

const ownerOf = ({ code, subject }: StoredAlert) =>
  code.startsWith('spool_') ? (subject.split(': ')[0] ?? '') : subject;

/** What processes tell of themselves, and who is silent. */
export function processConditions({ book, clock }: { book: ProcessBook; clock: Clock }): ConditionSource {
  const since = clock.monotonic();
  return {
    codes: CODES,
    async look(open) {
      if (clock.monotonic() - since < ALL_HEARD_MS) return null;
      const isCollector = ({ role }: ProcessReport) => role === 'collector';
      const speaking = book.reports().filter(isCollector);
      const silent = book.silent().filter(isCollector);
      const found: Condition[] = [];
      if (speaking.length === 0) {
        const summary = 'No collector process has told anything for half a minute: no device is polled.';
        found.push({ code: 'no_collector', subject: '', truth: 'holds', summary });
      }
      for (const { instance: subject, at } of silent) {
        const summary = `${subject} was last heard at ${new Date(at).toISOString()}.`;
        found.push({ code: 'collector_silent', subject, truth: 'holds', summary });
      }
      for (const report of speaking) {
        const before = book.lastTwo('collector', report.instance)?.before?.counters;
        found.push(...spoolConditions(report), ...dropConditions(report, before));
      }
      const heard = new Set(speaking.map(({ instance }) => instance));
      const known = new Set(found.map(({ code, subject }) => `${code} ${subject}`));
      for (const alert of open) {
        // Of a collector that does not speak nobody knows how its spool is; nor, after a restart of the hub, that it was there.
        if (alert.code === 'no_collector' || heard.has(ownerOf(alert))) continue;
        if (known.has(`${alert.code} ${alert.subject}`) || clock.now() - alert.startedAt > REMEMBERED_MS) continue;
        found.push({ code: alert.code as SystemCode, subject: alert.subject, truth: 'unknown', summary: '' });
      }
      return found;
    },
  };
}
