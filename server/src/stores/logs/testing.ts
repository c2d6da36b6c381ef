import type { NewLine } from './logs.ts';

/** When the lines of tests come in. */
export const T0 = Date.parse('2026-11-22T23:59:00Z');

/** A line as a test needs it. */
export function lineOf(text: string, more: Partial<NewLine> = {}): NewLine {
  return {
    source: 'syslog',
    receivedAt: T0,
    at: Number.NaN,
    deviceId: 0,
    sender: '192.0.2.1',
    facility: 3,
    severity: 6,
    host: '',
    app: '',
    procId: '',
    msgId: '',
    fields: null,
    parseError: '',
    truncated: false,
    body: 0,
    raw: Buffer.from(text),
    ...more,
  };
}
