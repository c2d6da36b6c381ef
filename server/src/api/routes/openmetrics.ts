import type { Exported } from '#services/telemetry/queries.ts';

type LatestValue = Exported['values'][number];

/** OpenMetrics 1.0. */
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const nameOf = (text: string) => text.replaceAll(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
const labelName = (text: string) => nameOf(text).replaceAll(':', '_').replace(/^__+/, '_');
const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** One family: samples of one name and kind. Counters end in `_total`, as the format wants it. */
interface Family {
  readonly name: string;
  readonly isCounter: boolean;
  readonly values: LatestValue[];
}

/** Families by name. A gauge that would bear the name of a counter, or of its sample, is told apart. */
function familiesOf(values: readonly LatestValue[]): Family[] {
  const families = new Map<string, Family>();
  for (const value of values) {
    const { metric, kind } = value.series;
    const isCounter = kind === 'counter';
    const plain = isCounter ? nameOf(metric).replace(/_total$/, '') : nameOf(metric);
    // `x_total` cannot be a gauge's name beside the counter `x`; other endings are reserved for kinds we never send.
    const name = isCounter ? plain : plain.replace(/_(total|created|bucket|count|sum|info|gcount|gsum)$/, '_$1_value');
    const key = `${name} ${kind === 'counter'}`;
    const family = families.get(key);
    if (family) family.values.push(value);
    else
      families.set(key, {
        name: families.has(`${name} ${!isCounter}`) ? `${name}_${kind}` : name,
        isCounter,
        values: [value],
      });
  }
  return [...families.values()];
}

function labelsOf({ series }: LatestValue, deviceName: string): string {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(series.labels)) all[labelName(name)] = value;
  // After the series' own, so that nothing that a device says passes for another device.
  Object.assign(all, { device: deviceName, device_id: String(series.deviceId) });
  return Object.entries(all)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join();
}

/** The newest values as OpenMetrics text, family after family, each value with the instant of its poll. */
export async function* openMetrics({ values, deviceNames }: Exported): AsyncGenerator<string> {
  for (const { name, isCounter, values: own } of familiesOf(values)) {
    let text = `# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}\n`;
    const seen = new Set<string>();
    for (const value of own) {
      const labels = labelsOf(value, deviceNames.get(value.series.deviceId) ?? '');
      // Two series that differ only in unit or kind of name would be one sample twice.
      if (seen.has(labels)) continue;
      seen.add(labels);
      text += `${name}${isCounter ? '_total' : ''}{${labels}} ${value.value} ${value.at / 1000}\n`;
    }
    yield text;
  }
  yield '# EOF\n';
}
