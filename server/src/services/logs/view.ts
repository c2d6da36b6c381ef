import type { LogEntry } from '@sotp/contract/logs.ts';
import type { NewLine } from '#stores/logs/logs.ts';

/** A line as the API tells it. */
export function toLogEntry(id: string, line: NewLine, text: string): LogEntry {
  const at = Number.isNaN(line.at) || Math.abs(line.at) > 8.6e15 ? line.receivedAt : line.at;
  return {
    id,
    at: new Date(at).toISOString(),
    receivedAt: new Date(line.receivedAt).toISOString(),
    deviceId: line.deviceId === 0 ? null : String(line.deviceId),
    host: line.host || null,
    app: line.app || null,
    procId: line.procId || null,
    msgId: line.msgId || null,
    severity: line.severity,
    facility: line.facility,
    message: text.slice(line.body),
    source: line.source,
    sender: line.sender,
    fields: { ...line.fields },
    parseError: line.parseError || null,
    truncated: line.truncated,
  };
}
