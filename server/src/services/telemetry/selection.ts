import type { z } from 'zod';
import type { MetricQuery } from '@sotp/contract/metrics.ts';
import { parseId } from '#domain/paging.ts';
import { siteInScope } from '#domain/permissions.ts';
import { niceStep, parseInstant, parseStep } from '#domain/time-range.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { StoredSeries } from '#stores/metrics/metrics.ts';

/** Points of a series when no step is asked for. */
const DEFAULT_POINTS = 1_000;
/** Devices whose intervals are looked at to choose a step. */
const INTERVAL_SAMPLE = 100;

export function badField(field: string, message: string): AppError {
  return new AppError('validation_failed', `${field}: ${message}`, {
    details: { fields: [{ path: field, message }] },
  });
}

function instantOf(field: 'from' | 'to', text: string, now: number): number {
  const at = parseInstant(text, now);
  if (at === undefined) {
    throw badField(field, `“${text}” is no instant: write RFC 3339, epoch milliseconds, now, or now-6h`);
  }
  return at;
}

/** The time that a query spans, epoch ms. */
export function windowOf(query: Pick<z.input<typeof MetricQuery>, 'from' | 'to'>, now: number) {
  const [from, to] = [instantOf('from', query.from ?? 'now-1h', now), instantOf('to', query.to ?? 'now', now)];
  if (from >= to) throw badField('from', 'must be before to');
  return { from, to };
}

/** The asked step, or one that gives at most 1,000 points and none between two polls. */
export function stepOf(text: string | undefined, rangeMs: number, intervalMs: number): number {
  if (text === undefined) return Math.max(niceStep(rangeMs, DEFAULT_POINTS), niceStep(intervalMs, 1));
  const step = parseStep(text);
  if (step === undefined) throw badField('step', `“${text}” is no step: write seconds, or 30s, 5m, 1h, 1d`);
  return step;
}

/** Series by what they are; what is left out does not narrow. */
export interface SeriesSelector {
  readonly metric?: string | undefined;
  readonly device?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Which devices somebody means and may see. */
export function createSelection(devices: DeviceStore) {
  /** The devices that an actor with a scope may see; undefined without a scope. */
  async function visibleIds(actor: Actor): Promise<number[] | undefined> {
    if (actor.scope === null) return undefined;
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 1000, sort: 'name', order: 'asc', ...(cursor ? { cursor } : {}) } as const;
      const page = await devices.list(query, { sites: actor.scope.sites });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }

  return {
    /** One device, or all that the actor may see; undefined when that is all there are. */
    async deviceIds(actor: Actor, device: string | undefined): Promise<number[] | undefined> {
      if (device === undefined) return visibleIds(actor);
      const id = parseId(device);
      const site = id === undefined ? undefined : await devices.siteOf(id);
      if (id === undefined || site === undefined || !siteInScope(actor.scope, site)) {
        throw new AppError('not_found', 'There is no such device.');
      }
      return [id];
    },
    /** The longest interval at which the devices of these series are polled, judged by some of them. */
    async intervalOf(series: readonly StoredSeries[]): Promise<number> {
      const some = [...new Set(series.map(({ deviceId }) => deviceId))].slice(0, INTERVAL_SAMPLE);
      if (some.length === 0) return 0;
      const polled = await devices.getMany(some);
      const seconds = polled.flatMap(({ collectors }) => collectors.map(({ intervalSeconds }) => intervalSeconds));
      return Math.max(0, ...seconds) * 1_000;
    },
  };
}
