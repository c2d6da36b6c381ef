import assert from 'node:assert/strict';
import test from 'node:test';
import { formatFields, formatTable, printable } from './table.ts';

test('columns line up, and the last one has no tail', () => {
  assert.deepEqual(
    formatTable(
      ['id', 'name'],
      [
        ['1', 'a'],
        ['100', 'long name'],
      ],
    ),
    ['id   name', '1    a', '100  long name'],
  );
});

test('what is empty is left out of fields', () => {
  assert.deepEqual(
    formatFields([
      ['id', '1'],
      ['site', null],
      ['os', ''],
      ['address', 'x'],
    ]),
    ['id       1', 'address  x'],
  );
});

test('a terminal gets no control characters from a device', () => {
  assert.equal(printable('\u001b[2J\u0007x\r\n\u202ey\u0000'), '�[2J�x���y�');
});
