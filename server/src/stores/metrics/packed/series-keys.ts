import { hash } from 'node:crypto';
import type { Layout, SeriesSpec } from '#stores/metrics/metrics.ts';

const digest = (text: string) => hash('md5', text);

/** The same for the same metric, labels in whatever order, unit and kind. */
function identityOf(spec: SeriesSpec): string {
  const labels = Object.entries(spec.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([spec.metric, labels, spec.unit, spec.kind]);
}

/** What makes a series of a device the same one: a digest, 32 hexadecimal digits. */
export const seriesKey = (spec: SeriesSpec): string => digest(identityOf(spec));

const keys = new WeakMap<Layout, string>();

/** The same for layouts with the same series in the same order. */
export function layoutKey(layout: Layout): string {
  let key = keys.get(layout);
  if (key === undefined) keys.set(layout, (key = digest(layout.series.map(identityOf).join())));
  return key;
}
