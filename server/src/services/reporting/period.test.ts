import assert from 'node:assert/strict';
import { test } from 'node:test';
import { periodBefore, settlesIn } from './period.ts';

const HOUR_MS = 3_600_000;

function inZone<T>(zone: string, work: () => T): T {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
}

test('a period is whole hours, ends with the last hour whose polls are stored, and begins at the same time of day', () => {
  inZone('Europe/Berlin', () => {
    const monday = new Date(2026, 10, 23, 7).getTime();
    const week = { from: new Date(2026, 10, 16, 7).getTime(), to: monday };
    assert.deepEqual(periodBefore(monday + 120_000, 7), week);
    assert.deepEqual(periodBefore(monday + 59 * 60_000, 7), week);
    assert.equal(periodBefore(monday + 119_999, 7).to, monday - HOUR_MS);
    assert.deepEqual(
      [settlesIn(monday), settlesIn(monday + 20_000), settlesIn(monday + 120_000)],
      [120_000, 100_000, 0],
    );
  });
});

test('the week in which the clocks are changed has an hour more or less', () => {
  inZone('Europe/Berlin', () => {
    const lengths = [new Date(2026, 2, 30, 7), new Date(2026, 9, 26, 7), new Date(2026, 10, 9, 7)].map((at) => {
      const { from, to } = periodBefore(at.getTime() + 300_000, 7);
      assert.equal(new Date(from).getHours(), 7);
      return (to - from) / HOUR_MS;
    });
    assert.deepEqual(lengths, [167, 169, 168]);
  });
});
