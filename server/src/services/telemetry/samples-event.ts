import type { SamplesEvent } from '@sotp/contract/live.ts';
import type { PollResult } from '#collectors/collector.ts';

/** What a poll gave, for those who watch the device now. `at` is the instant of its slot. */
export function samplesEvent(
  poll: { readonly deviceId: number; readonly collector: string; readonly at: number },
  result: PollResult,
): SamplesEvent {
  return {
    deviceId: String(poll.deviceId),
    collector: poll.collector,
    at: poll.at,
    polledAt: result.polledAt,
    restarted: result.restarted,
    samples: result.samples.flatMap(({ layout, values }) =>
      layout.series.map(({ metric, labels, kind, unit }, i) => {
        const value = values[i];
        return { metric, labels, kind, unit, value: value === undefined || Number.isNaN(value) ? null : value };
      }),
    ),
  };
}
