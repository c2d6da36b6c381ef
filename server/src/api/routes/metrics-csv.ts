import type { MetricAnswer } from '@sotp/contract/metrics.ts';
import { csvLine } from '#domain/csv.ts';

const HEAD = ['time', 'device', 'deviceId', 'metric', 'labels', 'unit', 'value'];

/** A line a point, series after series; gaps are lines without a value. */
export async function* csvOf(
  series: AsyncIterable<MetricAnswer['series'][number]>,
  namesOf: (ids: readonly number[]) => Promise<ReadonlyMap<number, string>>,
): AsyncGenerator<string> {
  const names = new Map<number, string>();
  yield csvLine(HEAD);
  for await (const { deviceId, metric, labels, unit, points } of series) {
    const id = Number(deviceId);
    if (deviceId !== null && !names.has(id)) names.set(id, (await namesOf([id])).get(id) ?? '');
    const what = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const own = [names.get(id) ?? '', deviceId ?? '', metric, what.join('; '), unit ?? ''];
    let text = '';
    for (const [at, value] of points) text += csvLine([new Date(at).toISOString(), ...own, value]);
    yield text;
  }
}
