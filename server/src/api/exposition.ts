import type { HistogramReading } from '#platform/meter.ts';
import { figureOf } from '#services/telemetry/figures.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';

const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?:\{(.*)\})?$/;
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function* histogramLines(name: string, labels: string, reading: HistogramReading): Generator<string> {
  let below = 0;
  for (const [i, count] of reading.counts.entries()) {
    below += count;
    yield `${name}_bucket{${labels},le="${reading.bounds[i] ?? '+Inf'}"} ${below}`;
  }
  yield `${name}_sum{${labels}} ${reading.sum}`;
  yield `${name}_count{${labels}} ${below}`;
}

/** What processes report, as Prometheus text: told apart by `role` and `instance`. */
export function exposition(reports: readonly ProcessReport[]): string {
  const families = new Map<string, string[]>();
  const distributions = new Set<string>();
  function add(key: string, who: string, lines: (name: string, labels: string) => Iterable<string>): void {
    const [, name, labels] = NAME.exec(key) ?? [];
    if (name === undefined) return;
    const family = families.get(name) ?? [];
    families.set(name, family);
    family.push(...lines(`sotp_${name}`, labels ? `${who},${labels}` : who));
  }
  for (const { role, instance, counters, histograms } of reports) {
    const who = `role="${escapeLabel(role)}",instance="${escapeLabel(instance)}"`;
    for (const [key, value] of Object.entries(counters)) {
      if (Number.isFinite(value)) add(key, who, (name, labels) => [`${name}{${labels}} ${value}`]);
    }
    for (const [key, reading] of Object.entries(histograms)) {
      distributions.add(NAME.exec(key)?.[1] ?? '');
      add(key, who, (name, labels) => histogramLines(name, labels, reading));
    }
  }
  let text = '';
  for (const [name, lines] of families) {
    const { type, about } = figureOf(name);
    if (about !== undefined) text += `# HELP sotp_${name} ${about}\n`;
    text += `# TYPE sotp_${name} ${distributions.has(name) ? 'histogram' : type}\n${lines.join('\n')}\n`;
  }
  return text;
}
