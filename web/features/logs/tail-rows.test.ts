import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { createTailRows, isGap, newestOf } from './tail-rows.ts';
import type { TailRow } from './tail-rows.ts';

const lineOf = (n: number) => ({ id: `live-${n}` }) as LogEntry;

test('lines come out newest first, with the gaps where they were', () => {
  const rows = createTailRows(100);
  rows.line(lineOf(1));
  rows.gap(5);
  rows.gap(7);
  rows.line(lineOf(2));
  rows.gap(null);
  assert.deepEqual(
    rows.take().map((row) => (isGap(row) ? row.missed : row.id)),
    [null, 'live-2', 12, 'live-1'],
  );
  assert.equal(rows.length, 0);
});

test('what is painted keeps its newest, and what went before stays counted', () => {
  let painted: readonly TailRow[] = [];
  for (let n = 0; n < 50; n++) painted = newestOf([lineOf(n), ...painted], 10);
  assert.deepEqual(
    painted.map((row) => (isGap(row) ? row.missed : row.id)),
    [...Array.from({ length: 10 }, (_, i) => `live-${49 - i}`), 40],
  );
});

test('however many come, so many are kept, and every other is in a gap', () => {
  const rows = createTailRows(100);
  for (let n = 0; n < 10_000; n++) {
    rows.line(lineOf(n));
    if (n === 5_000) rows.gap(3);
    assert.ok(rows.length <= 126);
  }
  const taken = rows.take();
  assert.equal(isGap(taken[0]!) ? '' : taken[0]!.id, 'live-9999');
  const [lines, missed] = [taken.filter((row) => !isGap(row)).length, taken.filter(isGap)];
  assert.equal(missed.length, 1);
  assert.equal(lines + (missed[0]?.missed ?? 0), 10_003);
  rows.gap(null);
  for (let n = 0; n < 1_000; n++) rows.line(lineOf(n));
  assert.equal(rows.take().find(isGap)?.missed, null);
});
