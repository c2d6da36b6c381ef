import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveConfig } from '#app/config/load.ts';
import { takenPort, temporaryDir } from '#app/testing/run-sotp.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { examine } from './doctor.ts';

const dir = await temporaryDir();
after(() => dir.remove());

async function look(options: Record<string, string | number>) {
  const config = resolveConfig({ env: {}, options: { dataDir: join(dir.path, 'data'), ...options } });
  return new Map((await examine(config)).map((finding) => [finding.check, finding]));
}

test('every check has a sentence, and a machine that is fit has no failure in database, disk, port and clock', async () => {
  const database = await openTestDatabase();
  try {
    const findings = await look({ databaseUrl: database.databaseUrl, port: 0 });
    for (const name of ['Node.js', 'port', 'data directory', 'database', 'clock']) {
      assert.ok(findings.get(name)?.ok, `${name}: ${findings.get(name)?.message}`);
    }
    assert.match(findings.get('database')?.message ?? '', /PostgreSQL \d+.* answers/);
    for (const { message } of findings.values()) assert.ok(message.length > 3);
  } finally {
    await database.close();
  }
});

test('a port that another program has, and a database that is away, are failures with their remedy', async () => {
  const taken = await takenPort();
  try {
    const databaseUrl = 'postgresql://sotp:secret-word@127.0.0.1:1/sotp';
    const findings = await look({ port: taken.port, databaseUrl });
    assert.equal(findings.get('port')?.ok, false);
    assert.match(findings.get('port')?.message ?? '', /in use.*--port/);
    assert.equal(findings.get('database')?.ok, false);
    assert.doesNotMatch(JSON.stringify([...findings.values()]), /secret-word/);
  } finally {
    await taken.release();
  }
});
