import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { differences, runCases } from './case-run.ts';

const CASES = fileURLToPath(new URL('../../../profiles/cases', import.meta.url));

test('every case that was contributed gives the facts that are expected, over UDP', async () => {
  const results = await runCases(CASES);
  assert.ok(results.length >= 6);
  for (const { name, differences: found } of results) assert.deepEqual(found, [], name);
});

test('a case whose device answers otherwise is told with the place, and can be made right', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-case-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(CASES, 'simulated-ups'), folder, { recursive: true });
  const recording = join(folder, 'device.snmprec');
  writeFileSync(
    recording,
    readFileSync(recording, 'utf8').replace(/^(1\.3\.6\.1\.2\.1\.1\.5\.0\|4\|).*$/m, '$1another'),
  );
  const [changed] = await runCases(folder);
  assert.match(changed?.differences.join() ?? '', /^system\.sysName: "another", not "/);
  assert.deepEqual((await runCases(folder, { update: true }))[0]?.differences, []);
});

test('differences name the place and both values', () => {
  assert.deepEqual(differences({ a: [{ b: 1 }], c: 2 }, { a: [{ b: 2 }, {}], d: 3 }, ''), [
    'a.0.b: 2, not 1',
    'a.1: {}, not there',
    'c: missing, not 2',
    'd: 3, not there',
  ]);
});
