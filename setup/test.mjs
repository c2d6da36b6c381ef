// `npm test`: installs what the tests need and runs them all. The last line counts everything: static checks too.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies } from './install.mjs';
import { findNode24, isNewEnough, root } from './node24.mjs';
import { installTestPrograms, systemName } from './packages.mjs';
import { createProgress, runScript, seconds } from './progress.mjs';
import { createSuites } from './suites.mjs';

/** The rest needs to load our TypeScript: it goes on under Node 24. */
function goOnUnderNode24() {
  const child = spawn(findNode24(), [join(root, 'setup', 'test.mjs')], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('exit', (status) => {
    process.exitCode = status ?? 1;
  });
}

/** One PostgreSQL for all test files; what it holds is thrown away, so it need not reach the disk. */
async function startDatabase() {
  const { createEmbeddedPostgres } = await import('../server/src/app/embedded-postgres/embedded-postgres.ts');
  const { systemClock } = await import('../server/src/platform/clock.ts');
  const { silentLog } = await import('../server/src/platform/log.ts');
  const folder = mkdtempSync(join(tmpdir(), 'sotp-test-'));
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '64MB' };
  const database = createEmbeddedPostgres({
    dataDir: folder,
    connections: 200,
    settings,
    log: silentLog,
    clock: systemClock,
  });
  await database.start();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void database.stop());
  return { folder, url: () => database.url(), stop: () => database.stop() };
}

async function testAll() {
  const since = performance.now();
  console.log(`Testing SOTP on ${systemName()}, Node ${process.versions.node}`);
  const missing = installTestPrograms(createProgress(2, 3, 'Installing test programs'));
  const suites = createSuites();
  await suites.statics();
  await suites.unit({ runAgain: true });
  const built = await suites.program('web pages (next build)', process.execPath, [join(root, 'setup', 'build.mjs')], {
    limitMs: 600_000,
  });
  const database = await startDatabase();
  const env = { SOTP_TEST_DATABASE_URL: database.url() };
  await suites.integration(env, { runAgain: true });
  const isMissing = (name) => missing.some((entry) => entry.package === name);
  if (!existsSync(join(root, 'e2e', 'playwright.config.ts'))) suites.skip('browser tests', 'there are none');
  else if (isMissing('chromium')) suites.skip('browser tests', 'chromium is missing');
  else if (built) await suites.browser(env);
  else suites.skip('browser tests', 'the pages could not be built');
  await database.stop();
  rmSync(database.folder, { recursive: true, force: true });
  console.log(`Took ${seconds(since)}`);
  process.exitCode = suites.close() ? 0 : 1;
}

await runScript(async () => {
  if (!isNewEnough(process.versions.node) || process.env.SOTP_TEST_INSTALLED !== '1') {
    await installDependencies(createProgress(1, 3, 'Installing dependencies'));
    process.env.SOTP_TEST_INSTALLED = '1';
  }
  if (isNewEnough(process.versions.node)) await testAll();
  else goOnUnderNode24();
});
