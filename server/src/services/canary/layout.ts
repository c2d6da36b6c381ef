import type { Layout } from '#stores/metrics/metrics.ts';

/** The device of the canary's samples: none. */
export const CANARY_DEVICE = 0;

/** What the canary of a collector process measures: its start, and its number since. */
export function canaryLayout(collector: string): Layout {
  const labels = { collector };
  return {
    series: [
      { metric: 'sotp_canary_boot', labels, unit: null, kind: 'gauge' },
      { metric: 'sotp_canary_sequence', labels, unit: null, kind: 'gauge' },
    ],
  };
}
