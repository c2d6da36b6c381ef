import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runSotp, takenPort, temporaryDir } from './testing/run-sotp.ts';
import type { Ended } from './testing/run-sotp.ts';

const dir = await temporaryDir();
after(() => dir.remove());
const dataDir = join(dir.path, 'data');

/** One line that says why, status 1, within five seconds, and no stack trace. */
function assertPlainFailure(ended: Ended, reason: RegExp): void {
  assert.match(ended.stderr, reason);
  assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr);
  assert.doesNotMatch(ended.stderr, /\bat .*:\d+:\d+/);
  assert.equal(ended.status, 1);
  assert.ok(ended.ms < 5_000, `took ${Math.round(ended.ms)} ms`);
}

test('a port in use is named, with the remedy', async () => {
  const taken = await takenPort();
  const ended = await runSotp(['start', '--port', String(taken.port), '--data-dir', dataDir]).ended;
  await taken.release();
  assertPlainFailure(ended, new RegExp(`port ${taken.port} on 127.0.0.1 is in use .*--port`));
});

test('a data directory that cannot be written is named, with the remedy', async () => {
  const file = join(dir.path, 'file');
  writeFileSync(file, '');
  const ended = await runSotp(['start', '--port', '0', '--data-dir', file]).ended;
  assertPlainFailure(ended, /the data directory .*file .*--data-dir/);
});

test('a database that does not answer, or an address that is not ours, is named', async () => {
  const free = await takenPort();
  await free.release();
  const url = `postgresql://sotp:secret-word@127.0.0.1:${free.port}/sotp`;
  const ended = await runSotp(['start', '--port', '0', '--data-dir', dataDir], { SOTP_DATABASE_URL: url }).ended;
  assertPlainFailure(ended, new RegExp(`127.0.0.1:${free.port}`));
  assert.doesNotMatch(ended.stderr, /secret-word/);
  const elsewhere = await runSotp(['start', '--port', '8080', '--host', '192.0.2.1', '--data-dir', dataDir]).ended;
  assertPlainFailure(elsewhere, /192\.0\.2\.1.*--host/);
});

test('a configuration that is wrong is refused before anything starts, naming the key', async () => {
  const file = join(dir.path, 'sotp.yaml');
  writeFileSync(file, 'prot: 8080\n');
  assertPlainFailure(await runSotp(['--config', file, 'start']).ended, /unknown key "prot" .*"port"/);
  assertPlainFailure(await runSotp(['start', '--port', 'eighty']).ended, /^sotp: port .*"eighty"/);
  assertPlainFailure(await runSotp(['start'], { SOTP_DATABASE_URL: 'mysql://x' }).ended, /databaseUrl .*postgresql:/);
  assertPlainFailure(await runSotp(['start', '--roles', 'collector']).ended, /only collects.*SOTP_DATABASE_URL/);
});

test('an option that does not exist is wrong usage: status 2', async () => {
  const ended = await runSotp(['start', '--prot', '1']).ended;
  assert.equal(ended.status, 2);
  assert.match(ended.stderr, /--port/);
});
