import type { BlindItem, BlindSpot } from '@sotp/contract/blind-spots.ts';
import type { Profiles } from '#services/inventory/profiles.ts';
import type { Logs } from '#services/logs/logs.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';
import type { BlindSource } from './blind-spots.ts';

/** What waits in a spool for so long is not on its way any more. */
const STALLED_SECONDS = 30;
const FULL = 0.9;
const SHOWN = 10;

/** Spools by the beginning of their counters. */
const HOLDS: Readonly<Record<string, string>> = { spool: 'samples', log_spool: 'lines', trap_spool: 'traps' };

type Counters = ProcessReport['counters'];

function* spoolsOf(counters: Counters): Generator<{ name: string; load: number; stalled: number }> {
  for (const [key, load] of Object.entries(counters)) {
    const [, name] = /^(\w*spool)_load$/.exec(key) ?? [];
    if (name !== undefined) yield { name, load, stalled: counters[`${name}_stalled_seconds`] ?? 0 };
  }
}

/** What was dropped between two reports because a spool was full. */
function droppedNow(now: Counters, before: Counters | undefined): number {
  let sum = 0;
  for (const [key, value] of Object.entries(now)) {
    if (key.endsWith('_dropped_total{reason="spool_full"}')) sum += Math.max(0, value - (before?.[key] ?? 0));
  }
  return sum;
}

/** A spot when there is something to say. */
export function spotOf(words: Omit<BlindSpot, 'count' | 'items'>, items: readonly BlindItem[]): BlindSpot[] {
  return items.length === 0 ? [] : [{ ...words, count: items.length, items: items.slice(0, SHOWN) }];
}

/** Collectors that have fallen silent, plan for themselves, or cannot deliver what they poll. */
export function blindProcesses(book: ProcessBook): BlindSource {
  return async ({ scope }) => {
    if (scope !== null) return [];
    const collectors = book.reports().filter(({ role }) => role === 'collector');
    const item = ({ instance: name }: ProcessReport, detail: string): BlindItem => ({ name, href: '/fleet', detail });
    const silent = book.silent().filter(({ role }) => role === 'collector');
    const stalled: BlindItem[] = [];
    const full: BlindItem[] = [];
    for (const report of collectors) {
      const { counters, instance } = report;
      for (const { name, load, stalled: seconds } of spoolsOf(counters)) {
        const which = `spool of ${HOLDS[name] ?? name}`;
        if (seconds >= STALLED_SECONDS) stalled.push(item(report, `${which}: nothing delivered for ${seconds} s`));
        if (load >= FULL) full.push(item(report, which));
      }
      // How full they are, and what was lost, stands at Fleet.
      const dropped = droppedNow(counters, book.lastTwo('collector', instance)?.before?.counters);
      if (dropped > 0 && full.at(-1)?.name !== instance) full.push(item(report, 'has no room'));
    }
    const alone = collectors.filter(({ counters }) => counters['local_plan_active'] === 1);
    return [
      ...spotOf(
        {
          reason: 'collector_silent',
          kind: 'weak',
          title: 'Collectors that have fallen silent',
          remedy:
            'Start it again. Others poll its devices where they may. One stopped for good is forgotten after a day.',
          href: '/fleet',
        },
        silent.map((one) => item(one, `last heard ${new Date(one.at).toISOString()}`)),
      ),
      ...spotOf(
        {
          reason: 'spool_stalled',
          kind: 'blind',
          title: 'Polled, but not stored',
          remedy: 'The stores do not take what was collected: see whether the database answers and has room.',
          href: '/fleet',
        },
        stalled,
      ),
      ...spotOf(
        {
          reason: 'spool_full',
          kind: 'blind',
          title: 'Spools that are full',
          remedy: 'What comes now is lost. Bring the store back; give the data directory of the collector room.',
          href: '/fleet',
        },
        full,
      ),
      ...spotOf(
        {
          reason: 'local_plan',
          kind: 'weak',
          title: 'Collectors that go on without a hub',
          remedy: 'They poll by the last plan they know: devices added since are not watched. Start a hub.',
          href: '/fleet',
        },
        alone.map((one) => item(one, 'polls by its own plan')),
      ),
    ];
  };
}

/** Who sends lines or notifications and is no device. */
export function blindSenders(logs: Pick<Logs, 'senders'>): BlindSource {
  return async (actor) => {
    const { items } = await logs.senders(actor);
    const words = {
      reason: 'unknown_senders',
      kind: 'weak',
      title: 'Senders that are no device',
      remedy: 'They send lines or notifications, but are not watched: add them as devices.',
      href: '/logs',
    } as const;
    const list = items.map(({ address, host, lines }) => ({
      name: host ? `${host} (${address})` : address,
      href: `/logs?sender=${encodeURIComponent(address)}`,
      detail: `${lines} lines`,
    }));
    return spotOf(words, list);
  };
}

/** Files of device profiles that are left out because of a fault. */
export function blindProfiles(profiles: Profiles): BlindSource {
  return async ({ scope }) => {
    if (scope !== null) return [];
    const { folders } = await profiles.report();
    const words = {
      reason: 'profile_fault',
      kind: 'weak',
      title: 'Device profiles with a fault',
      remedy: 'A file with a fault is left out, and what it would read is not read. Mend it; it is read anew at once.',
      href: '/profiles',
    } as const;
    const faults = folders.flatMap(({ problems }) =>
      problems.map(({ file, line, message }) => ({ name: `${file}:${line}`, href: '/profiles', detail: message })),
    );
    return spotOf(words, faults);
  };
}
