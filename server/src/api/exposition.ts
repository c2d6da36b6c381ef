import type { ProcessReport } from '#services/telemetry/processes.ts';

const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?:\{(.*)\})?$/;

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** What processes report, as Prometheus text: one line a process, told apart by `role` and `instance`. */
export function exposition(reports: readonly ProcessReport[]): string {
  const lines = new Map<string, string[]>();
  for (const { role, instance, counters } of reports) {
    const who = `role="${escapeLabel(role)}",instance="${escapeLabel(instance)}"`;
    for (const [key, value] of Object.entries(counters)) {
      const [, name, labels] = NAME.exec(key) ?? [];
      if (name === undefined || !Number.isFinite(value)) continue;
      const family = lines.get(name) ?? [];
      family.push(`sotp_${name}{${who}${labels ? `,${labels}` : ''}} ${value}`);
      lines.set(name, family);
    }
  }
  let text = '';
  for (const [name, family] of lines) {
    text += `# TYPE sotp_${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}\n${family.join('\n')}\n`;
  }
  return text;
}
