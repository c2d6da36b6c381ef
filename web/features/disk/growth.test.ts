import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesADay } from './growth.ts';

const now = Date.parse('2026-03-10T08:00:00Z');
const item = (day: string, bytes: number, name = 'info') => ({
  class: name,
  day: `${day}T00:00:00.000Z`,
  bytes,
  lines: null,
});

test('the growth of logs is that of ended days, all classes together; today is not over', () => {
  const items = [
    item('2026-03-10', 999),
    item('2026-03-09', 30),
    item('2026-03-09', 10, 'error'),
    item('2026-03-08', 20),
  ];
  assert.equal(bytesADay({ bytes: 0, lines: null, items }, now), 30);
});

test('days without lines count, days longer ago than a week do not', () => {
  const items = [item('2026-03-09', 30), item('2026-03-07', 60), item('2026-02-01', 9_999)];
  assert.equal(bytesADay({ bytes: 0, lines: null, items }, now), 30);
  assert.equal(bytesADay({ bytes: 0, lines: null, items: [item('2026-03-10', 5)] }, now), null);
});
