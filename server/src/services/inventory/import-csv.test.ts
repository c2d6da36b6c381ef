import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AppError } from '#platform/errors.ts';
import { parseDeviceCsv } from './import-csv.ts';

const idOf = (name: string) => `id of ${name}`;

test('columns are found by name in any order and spelling, lines are counted as in the file', () => {
  const rows = parseDeviceCsv('Name, SNMP Port ,ADDRESS,tag\n\n"a ""b""",1161,10.0.0.1,x;y z\n\n,,10.0.0.2,\n', idOf);
  assert.deepEqual(rows, [
    {
      line: 3,
      value: {
        address: '10.0.0.1',
        name: 'a "b"',
        tags: ['x', 'y z'],
        collectors: [{ name: 'icmp' }, { name: 'snmp', settings: { port: 1161 } }],
      },
    },
    { line: 5, value: { address: '10.0.0.2' } },
  ]);
});

test('credentials are named, and an unknown one is the fault of its line alone', () => {
  const rows = parseDeviceCsv('address,credentials\n10.0.0.1,lab; core\n10.0.0.2,bad\n', (name) => {
    if (name === 'bad') throw new AppError('validation_failed', 'no such credential');
    return idOf(name);
  });
  assert.deepEqual(rows[0]?.value, { address: '10.0.0.1', credentials: ['id of lab', 'id of core'] });
  assert.deepEqual(rows[1], { line: 3, value: undefined, error: 'no such credential' });
});

test('a spreadsheet’s semicolons and byte order mark are understood', () => {
  assert.deepEqual(parseDeviceCsv('\ufeffaddress;name\r\n10.0.0.1;a\r\n', idOf), [
    { line: 2, value: { address: '10.0.0.1', name: 'a' } },
  ]);
});

test('whatever text it is, it is read or refused in a sentence', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `address,name\n${text}`),
      ),
      (text) => {
        try {
          for (const row of parseDeviceCsv(text, idOf)) assert.ok(Number.isInteger(row.line));
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'validation_failed', String(error));
        }
      },
    ),
  );
});
