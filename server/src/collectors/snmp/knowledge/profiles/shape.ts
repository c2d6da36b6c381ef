import { RE2JS } from 're2js';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { macOf, ipOf, textOf } from '#collectors/snmp/knowledge/values.ts';

/** Patterns come from users' files, so they run in linear time (RE2) and a broken one matches nothing. */
const compiled = new Map<string, RE2JS | null>();

function patternOf(source: string): RE2JS | null {
  let pattern = compiled.get(source);
  if (pattern === undefined) {
    try {
      pattern = RE2JS.compile(source);
    } catch {
      pattern = null;
    }
    compiled.set(source, pattern);
  }
  return pattern;
}

/** True when the pattern is found anywhere in the text. */
export function matches(source: string, text: string): boolean {
  return patternOf(source)?.matcher(text).find() ?? false;
}

/** Why a pattern cannot be used, or null. */
export function patternFault(source: string): string | null {
  try {
    RE2JS.compile(source);
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

interface Shaping {
  readonly extract_value?: string | undefined;
  readonly match_pattern?: string | undefined;
  readonly match_value?: string | undefined;
  readonly format?: string | undefined;
  readonly mapping?: Readonly<Record<string, string>> | undefined;
}

/** A value as the text that a profile makes of it: formatted, cut out, mapped; null when nothing is left. */
export function shapeText(cell: SnmpVarbind | null | undefined, shaping: Shaping): string | null {
  const text = formatted(cell, shaping.format);
  if (text === null) return null;
  const cut = extract(text, shaping);
  if (cut === null || cut === '') return null;
  return shaping.mapping?.[cut] ?? cut;
}

function formatted(cell: SnmpVarbind | null | undefined, format: string | undefined): string | null {
  if (format === 'mac_address') return macOf(cell) ?? textOf(cell);
  if (format === 'ip_address' && Buffer.isBuffer(cell?.value)) return ipOf(cell.value) ?? textOf(cell);
  if (format === 'hex' && Buffer.isBuffer(cell?.value)) return cell.value.toString('hex');
  return textOf(cell);
}

function extract(text: string, shaping: Shaping): string | null {
  if (shaping.extract_value !== undefined) {
    const found = patternOf(shaping.extract_value)?.matcher(text);
    if (!found?.find()) return null;
    for (let i = 1; i <= found.groupCount(); i++) if (found.group(i)) return (found.group(i) ?? '').trim();
    return found.groupCount() > 0 ? null : (found.group() ?? '').trim();
  }
  if (shaping.match_pattern !== undefined) {
    const found = patternOf(shaping.match_pattern)?.matcher(text);
    if (!found?.find()) return null;
    const template = shaping.match_value ?? '$1';
    return template.replace(/[$\\](\d)/g, (_, group: string) => found.group(Number(group)) ?? '').trim();
  }
  return text;
}
