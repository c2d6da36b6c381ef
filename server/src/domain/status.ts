import type { ErrorCode } from '@sotp/contract/errors.ts';

/** What the last run of one collector said. Times are epoch ms. */
export interface StatusRun {
  readonly name: string;
  readonly up: boolean;
  readonly at: number;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface StatusCollector {
  readonly name: string;
  readonly intervalSeconds: number;
}

export interface StatusVerdict {
  readonly status: 'up' | 'degraded' | 'down' | 'unknown';
  /** One sentence; null when up. */
  readonly reason: string | null;
  /** From this instant on the verdict no longer holds: some collector should have reported twice by then. */
  readonly validUntil: number;
}

/** What a poll may take beyond its two intervals until its result is written. */
export const STATUS_GRACE_MS = 5_000;

/** Until when a run speaks for its collector: two intervals and a grace. */
export function freshUntil(run: { readonly at: number }, intervalSeconds: number): number {
  return run.at + 2 * intervalSeconds * 1_000 + STATUS_GRACE_MS;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/**
 * The status of a device from the last runs of its collectors. Up only when every collector has answered lately; a
 * collector that has fallen silent makes the device degraded, and no fresh result at all makes it unknown: never green
 * when blind. The verdict holds until the first of the runs that it rests on grows old.
 */
export function deviceStatus(
  collectors: readonly StatusCollector[],
  runs: readonly StatusRun[],
  now: number,
): StatusVerdict {
  const last = new Map<string, StatusRun>();
  for (const run of runs) {
    const known = last.get(run.name);
    if (!known || known.at <= run.at) last.set(run.name, run);
  }
  if (collectors.length === 0) {
    return { status: 'unknown', reason: 'No collector is configured for this device.', validUntil: now };
  }
  const down: string[] = [];
  const silent: string[] = [];
  let up = 0;
  let fresh = 0;
  let validUntil = Number.POSITIVE_INFINITY;
  for (const collector of collectors) {
    const run = last.get(collector.name);
    const until = run ? freshUntil(run, collector.intervalSeconds) : Number.NEGATIVE_INFINITY;
    if (!run || until <= now) {
      silent.push(collector.name);
      continue;
    }
    fresh++;
    validUntil = Math.min(validUntil, until);
    if (run.up) up++;
    else down.push(`${collector.name}: ${sentence(run.error?.message ?? 'no answer')}`);
  }
  if (fresh === 0) {
    const names = collectors.map((collector) => collector.name).join(', ');
    return { status: 'unknown', reason: `No fresh result from ${names}.`, validUntil: now };
  }
  if (up === collectors.length) return { status: 'up', reason: null, validUntil };
  const reasons = silent.length === 0 ? down : [...down, `No fresh result from ${silent.join(', ')}.`];
  return { status: up > 0 ? 'degraded' : 'down', reason: reasons.join(' '), validUntil };
}
