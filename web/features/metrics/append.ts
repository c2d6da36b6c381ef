import type { QueryClient } from '@tanstack/react-query';
import type { SamplesEvent } from '@sotp/contract/live.ts';
import type { Labels, MetricAnswer, Point } from '@sotp/contract/metrics.ts';
import type { RangeKey } from './queries.ts';

type Sample = SamplesEvent['samples'][number];

/** Which series a value belongs to, as text. */
export function seriesKey(metric: string, labels: Labels): string {
  const names = Object.keys(labels).sort();
  return `${metric}{${names.map((name) => `${name}=${labels[name]}`).join(',')}}`;
}

/** What turns raw live samples of one device into points; it remembers the reading before, for rates. */
export interface SampleTracker {
  /** The value of each series by key: counters as rate a second, without those that have no reading before. */
  values(event: SamplesEvent): Map<string, number>;
}

export function createSampleTracker(): SampleTracker {
  const before = new Map<string, { value: number; polledAt: number }>();

  function valueOf(sample: Sample, key: string, event: SamplesEvent): number | null {
    if (sample.value === null) return null;
    if (sample.kind !== 'counter') return sample.value;
    const last = before.get(key);
    before.set(key, { value: sample.value, polledAt: event.polledAt });
    if (!last || event.restarted) return null;
    const seconds = (event.polledAt - last.polledAt) / 1000;
    // A counter that went back has wrapped or was cleared; the store knows which, and the next refetch says.
    if (seconds <= 0 || sample.value < last.value) return null;
    return (sample.value - last.value) / seconds;
  }

  return {
    values(event) {
      const found = new Map<string, number>();
      for (const sample of event.samples) {
        const key = seriesKey(sample.metric, sample.labels);
        const value = valueOf(sample, key, event);
        if (value !== null) found.set(key, value);
      }
      return found;
    },
  };
}

/** Puts a value at the end of a line, into the step it belongs to; what has left the window goes. */
export function appendPoint(
  points: readonly Point[],
  at: number,
  value: number,
  stepMs: number,
  oldest: number,
): Point[] {
  const bucket = Math.floor(at / stepMs) * stepMs;
  const kept = points.filter(([time]) => time >= oldest && time < bucket);
  const open = points.find(([time]) => time === bucket)?.[1] ?? null;
  // In a step of several polls the line shows the newest blend until the store gives the true mean.
  kept.push([bucket, open === null ? value : (open + value) / 2]);
  return kept;
}

/**
 * Lets every chart of the device draw what has just been polled. False when an answer lacks something that only the
 * store can tell: a series that is new, or the first rate.
 */
export function appendSamples(client: QueryClient, event: SamplesEvent, tracker: SampleTracker): boolean {
  const values = tracker.values(event);
  const metrics = new Set(event.samples.map(({ metric }) => metric));
  let complete = true;
  for (const query of client.getQueryCache().findAll({ queryKey: ['metrics', event.deviceId] })) {
    const { metric, step, moving, spanMs } = (query.queryKey as RangeKey)[2];
    const answer = query.state.data as MetricAnswer | undefined;
    if (!moving || !answer || !metrics.has(metric)) continue;
    const stepMs = step * 1000;
    let changed = false;
    const series = answer.series.map((line) => {
      const value = values.get(seriesKey(line.metric, line.labels));
      if (value === undefined) return line;
      changed = true;
      return { ...line, points: appendPoint(line.points, event.at, value, stepMs, event.at - spanMs - stepMs) };
    });
    if (changed) client.setQueryData(query.queryKey, { ...answer, series }, { updatedAt: query.state.dataUpdatedAt });
    else complete = false;
  }
  return complete;
}
