import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { openShelf } from './shelf.ts';

const NINE = 'sysobjectid: 1.3.6.1.4.1.9.*\n';

test('a file that comes, changes or goes concerns the devices of its enterprise; a broken one leaves the others', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-shelf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  write('_own-cisco.yaml', NINE);
  const shelf = openShelf({ folders: [folder], clock: systemClock, log: silentLog });
  t.after(() => shelf.close());
  assert.equal(shelf.refresh(), false);

  write('acme.yaml', 'sysobjectid: 1.3.6.1.4.1.99999.*\n');
  assert.equal(shelf.refresh(), true);
  assert.ok(shelf.concerns(0, [2021, 99999]));
  assert.ok(!shelf.concerns(0, [9]));
  assert.ok(!shelf.concerns(shelf.generation, [99999]));
  assert.ok(shelf.library().named('acme'));

  write('broken.yaml', `${NINE}metrics: [{symbol: {OID: x, name: a}}]\n`);
  shelf.refresh();
  const [report] = (await shelf.report()).folders;
  assert.deepEqual([report?.files, report?.profiles], [3, 2]);
  assert.deepEqual(
    report?.problems.map(({ file, line }) => [file, line]),
    [['broken.yaml', 2]],
  );
  assert.ok(shelf.library().named('_own-cisco'));

  const before = shelf.generation;
  rmSync(join(folder, 'acme.yaml'));
  shelf.refresh();
  assert.ok(shelf.concerns(before, [99999]));
  assert.equal(shelf.library().named('acme'), null);

  // What is made of a changed file has changed too.
  write('_base.yaml', 'metrics: []\n');
  write('user.yaml', 'sysobjectid: 1.3.6.1.4.1.77777.*\nextends: [_base.yaml]\n');
  shelf.refresh();
  const then = shelf.generation;
  write('_base.yaml', 'metrics: [{symbol: {OID: 1.3.6.1.4.1.77777.1.0, name: a}}]\n');
  shelf.refresh();
  assert.ok(shelf.concerns(then, [77777]));
  assert.equal(shelf.library().named('user')?.entries.length, 1);
});

test('a folder that is not there is a problem, not a fault', async () => {
  const shelf = openShelf({ folders: ['/nowhere/at/all'], clock: systemClock, log: silentLog });
  const [report] = (await shelf.report()).folders;
  assert.match(report?.problems[0]?.message ?? '', /cannot be read/);
  shelf.close();
});
