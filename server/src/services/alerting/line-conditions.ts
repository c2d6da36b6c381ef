import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import { systemActor } from '#services/access/actor.ts';
import type { Telemetry } from '#services/telemetry/queries.ts';
import type { CountedQueryStore, StoredCountedQuery } from '#stores/logs/logs.ts';
import type { Condition, ConditionSource } from './conditions.ts';

const MINUTE_MS = 60_000;
/** Lines become samples at full minutes only, so to look at each evaluation would bring nothing. */
const EVERY_MS = 10_000;
/** The lines of so many minutes are held against the limit. */
const WINDOW_MINUTES = 5;
const NAMED = 5;

export interface LineConditionsDeps {
  readonly queries: Pick<CountedQueryStore, 'list'>;
  readonly telemetry: Pick<Telemetry, 'query' | 'deviceNames'>;
  readonly clock: Clock;
}

/** Counted queries of which a device has sent more lines than their limit: one condition a query, however many devices it is. */
export function lineConditions({ queries, telemetry, clock }: LineConditionsDeps): ConditionSource {
  const recent = createRecent<readonly Condition[]>(clock, { ms: EVERY_MS, max: 1 });

  /** Lines of each device that has sent more than `limit`, most first. */
  async function above(limit: number, query: string): Promise<[deviceId: number, lines: number][]> {
    // A sample of the full minute counts the lines of the minute before it.
    const to = (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
    const { series } = await telemetry.query(systemActor, {
      metric: 'log_matches_total',
      labels: { query },
      from: String(to - WINDOW_MINUTES * MINUTE_MS),
      to: String(to),
      step: '1m',
      fn: 'increase',
      aggregate: 'sum',
      by: 'device',
    });
    const all: [number, number][] = [];
    for await (const { deviceId, points } of series) {
      const lines = points.reduce((sum, [, value]) => sum + (value ?? 0), 0);
      if (lines > limit) all.push([Number(deviceId), lines]);
    }
    return all.toSorted(([, a], [, b]) => b - a);
  }

  async function conditionOf({ name, query, alertAbove }: StoredCountedQuery): Promise<Condition[]> {
    if (alertAbove === null) return [];
    const devices = await above(alertAbove, name);
    if (devices.length === 0) return [];
    const named = devices.slice(0, NAMED);
    const names = await telemetry.deviceNames(named.map(([id]) => id));
    const list = named.map(([id, lines]) => `${names.get(id) ?? `device ${id}`} (${lines})`).join(', ');
    const more = devices.length > NAMED ? ` and ${devices.length - NAMED} more` : '';
    return [
      {
        code: 'log_matches',
        subject: name,
        truth: 'holds',
        summary: `More than ${alertAbove} matching lines in ${WINDOW_MINUTES} minutes: ${list}${more}.`,
        href: `/logs?q=${encodeURIComponent(query)}`,
      },
    ];
  }

  return {
    codes: ['log_matches'],
    look: () => recent.get('', async () => (await Promise.all((await queries.list()).map(conditionOf))).flat()),
  };
}
