import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { packLines, unpackLines } from './tail-lines.ts';

function entryOf(message: string): LogEntry {
  const at = '2026-11-26T12:00:00.000Z';
  const names = {
    id: 'live-1',
    at,
    receivedAt: at,
    deviceId: '7',
    host: 'sw-1',
    app: 'app',
    procId: null,
    msgId: null,
  };
  const rest = { severity: 5, facility: 23, source: 'syslog' as const, sender: '10.0.0.1', fields: {} };
  return { ...names, ...rest, message, parseError: null, truncated: false };
}

test('lines come out as they went in, whatever stands in them', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (messages) => {
      const lines = messages.map(entryOf);
      const out = packLines(lines).flatMap(unpackLines);
      assert.deepEqual(
        out,
        lines.map((line) => JSON.stringify(line)),
      );
    }),
    { numRuns: 60 },
  );
});

test('a burst becomes pieces that PostgreSQL carries in notifications', () => {
  const lines = Array.from({ length: 2_000 }, (_, i) =>
    entryOf(`%LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/${i % 48}, changed state to down, n=${i * 7919}`),
  );
  const pieces = packLines(lines);
  assert.ok(pieces.length > 5);
  for (const piece of pieces) assert.ok(piece.length < 7_800, `${piece.length} characters`);
});

test('what is no piece holds no lines', () => assert.deepEqual(unpackLines('bm90IHpzdGQ='), []));
