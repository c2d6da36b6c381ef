import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import type { MibProblem } from '#protocols/mib/ast.ts';

const SHIPPED = fileURLToPath(new URL('../../../mibs/notifications.yaml', import.meta.url));

const Definition = z.strictObject({
  oid: z.string().regex(/^\d+(\.\d+)+$/, 'an OID such as 1.3.6.1.6.3.1.1.5.3'),
  name: z.string().min(1),
  severity: z.enum(SEVERITY_NAMES),
  /** Names in braces stand for varbinds; of `{a|b}` the first that is there counts. */
  message: z.string().optional(),
  /** The device is to be polled at once. */
  poll: z.boolean().optional(),
});
const File = z.strictObject({ notifications: z.array(Definition) });

/** What is made of one kind of notification, beyond what MIBs tell. */
export interface NotificationDefinition {
  readonly name: string;
  /** RFC 5424 number. */
  readonly severity: number;
  readonly message: string | null;
  readonly poll: boolean;
}

/** By OID. */
export type Definitions = ReadonlyMap<string, NotificationDefinition>;

/**
 * The definitions that SOTP brings along, and over them those of these files. A file with a fault is told and left out
 * as a whole.
 */
export function readDefinitions(files: readonly string[]): { definitions: Definitions; problems: MibProblem[] } {
  const definitions = new Map<string, NotificationDefinition>();
  const problems: MibProblem[] = [];
  for (const file of [SHIPPED, ...files]) {
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines });
    const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
    const [error] = document.errors;
    const parsed = error ? undefined : File.safeParse(document.toJS());
    if (error) problems.push({ file, line: lineAt(error.pos[0]), message: error.message.split('\n')[0] ?? '' });
    for (const { path, message } of parsed?.error?.issues ?? []) {
      // Where a key is missing, the line of what should hold it.
      let node = document.getIn(path, true);
      for (let depth = path.length - 1; depth > 0 && !hasRange(node); depth -= 1) {
        node = document.getIn(path.slice(0, depth), true);
      }
      problems.push({
        file,
        line: lineAt(hasRange(node) ? node.range[0] : 0),
        message: `${path.join('.')}: ${message}`,
      });
    }
    for (const { oid, name, severity, message = null, poll = false } of parsed?.data?.notifications ?? []) {
      definitions.set(oid, { name, severity: SEVERITY_NAMES.indexOf(severity), message, poll });
    }
  }
  return { definitions, problems };
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
