import type { LogEntry } from '@sotp/contract/logs.ts';
import { FACILITY_NAMES, SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import { csvLine } from '#domain/csv.ts';

const HEAD = [
  'receivedAt',
  'at',
  'severity',
  'facility',
  'host',
  'app',
  'procId',
  'msgId',
  'sender',
  'deviceId',
  'message',
];

/** Lines as CSV, page by page; no cell is a formula. */
export async function* linesAsCsv(pages: AsyncIterable<readonly LogEntry[]>): AsyncGenerator<string> {
  yield csvLine([...HEAD, 'fields']);
  for await (const page of pages) {
    let text = '';
    for (const line of page) {
      const { receivedAt, at, host, app, procId, msgId, sender, deviceId, message, fields } = line;
      const names = [SEVERITY_NAMES[line.severity] ?? '', FACILITY_NAMES[line.facility] ?? ''];
      const own = [receivedAt, at, ...names, host, app, procId, msgId, sender, deviceId, message];
      text += csvLine([...own, Object.keys(fields).length > 0 ? JSON.stringify(fields) : null]);
    }
    yield text;
  }
}

/** Lines as JSON, one a line. */
export async function* linesAsJson(pages: AsyncIterable<readonly LogEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((line) => `${JSON.stringify(line)}\n`).join('');
}
