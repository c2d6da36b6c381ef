import type { DraftEntry, DraftSymbol } from './draft.ts';

/** A draft as the YAML of a profile, for somebody to look through. */
export function writeDraft(entries: readonly DraftEntry[], present: string): string {
  const lines = [`present: [${present}]`, 'metrics:'];
  for (const { module, table, symbols, label } of entries) {
    lines.push(`  - MIB: ${module}`);
    if (table) lines.push(`    table: {OID: ${table.oid}, name: ${table.name}}`);
    lines.push('    symbols:');
    for (const symbol of symbols) lines.push(`      - ${symbolText(symbol, table === null)}`);
    if (label) {
      lines.push('    metric_tags:', `      - {tag: name, symbol: {OID: ${label.oid}, name: ${label.name}}}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function symbolText({ oid, name, measure, states, processor }: DraftSymbol, scalar: boolean): string {
  const fields = [`OID: ${oid}${scalar ? '.0' : ''}`, `name: ${name}`];
  if (processor) fields.push(`processor: ${processor === 'idle' ? '{idle: true}' : 'true'}`);
  if (measure) {
    const { kind, unit, scale_factor: factor, scales } = measure;
    if (factor !== undefined) fields.push(`scale_factor: ${factor}`);
    const of = [`kind: ${kind}`];
    if (unit !== null) of.push(`unit: ${unit === '%' ? "'%'" : unit}`);
    if (scales) of.push(`scales: [${scales.join(', ')}]`);
    fields.push(`sensor: {${of.join(', ')}}`);
  }
  if (states) {
    const mapping = [...states].map(([number, text]) => `${number}: ${quoted(text)}`);
    fields.push('sensor: {kind: state}');
    if (mapping.length > 0) fields.push(`mapping: {${mapping.join(', ')}}`);
  }
  return `{${fields.join(', ')}}`;
}

/** YAML takes on, off, yes, no, true, false and numbers for something else than words. */
function quoted(text: string): string {
  return /^(on|off|yes|no|y|n|true|false|null|[\d.+-].*)$/i.test(text) ? `'${text}'` : text;
}
