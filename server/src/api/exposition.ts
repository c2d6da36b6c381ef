import type { ProcessReport } from '#services/telemetry/processes.ts';

const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?:\{(.*)\})?$/;
/** A histogram is told as its three parts. */
const PART = /^(.+)_(bucket|sum|count)$/;

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The names of histograms: whatever has buckets. */
function histogramsOf(reports: readonly ProcessReport[]): Set<string> {
  const found = new Set<string>();
  for (const { counters } of reports) {
    for (const key of Object.keys(counters)) {
      const [, name] = /^(.+)_bucket\{/.exec(key) ?? [];
      if (name !== undefined) found.add(name);
    }
  }
  return found;
}

/** What processes report, as Prometheus text: one line a process, told apart by `role` and `instance`. */
export function exposition(reports: readonly ProcessReport[]): string {
  const histograms = histogramsOf(reports);
  const families = new Map<string, string[]>();
  for (const { role, instance, counters } of reports) {
    const who = `role="${escapeLabel(role)}",instance="${escapeLabel(instance)}"`;
    for (const [key, value] of Object.entries(counters)) {
      const [, name, labels] = NAME.exec(key) ?? [];
      if (name === undefined || !Number.isFinite(value)) continue;
      const whole = PART.exec(name)?.[1];
      const family = whole !== undefined && histograms.has(whole) ? whole : name;
      const lines = families.get(family) ?? [];
      lines.push(`sotp_${name}{${who}${labels ? `,${labels}` : ''}} ${value}`);
      families.set(family, lines);
    }
  }
  let text = '';
  for (const [name, lines] of families) {
    const type = histograms.has(name) ? 'histogram' : name.endsWith('_total') ? 'counter' : 'gauge';
    text += `# TYPE sotp_${name} ${type}\n${lines.join('\n')}\n`;
  }
  return text;
}
