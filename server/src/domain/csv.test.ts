import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvCell, csvLine } from './csv.ts';

const read = (line: string): string[] => parse(line, { relax_column_count: true, skip_empty_lines: false })[0] ?? [''];

test('no cell is a formula, and apart from the apostrophe every text comes back', () => {
  const hostile = fc.constantFrom(
    '=1+1',
    '+A1',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '=cmd|"/c calc"!A1',
    'a,b',
    '"',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(hostile, fc.string()), { minLength: 2, maxLength: 5 }), (texts) => {
      const line = csvLine(texts);
      assert.ok(line.endsWith('\r\n'));
      const cells = read(line);
      assert.equal(cells.length, texts.length);
      for (const [i, cell] of cells.entries()) {
        assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
        assert.equal(/^[=+\-@\t\r]/.test(texts[i]!) ? cell.slice(1) : cell, texts[i]);
      }
    }),
  );
});

test('numbers are numbers, also negative ones; null is empty', () => {
  assert.deepEqual([-1.5, 1e21, 0, null].map(csvCell), ['-1.5', '1e+21', '0', '']);
});
