// `npm run check`: formatter, linter with the import fences, types, dead code, unit tests. Needs installed dependencies.
import { findNode24 } from './node24.mjs';
import { runScript, SetupError } from './progress.mjs';
import { createSuites } from './suites.mjs';

await runScript(async () => {
  if (!findNode24()) throw new SetupError('the dependencies are not installed: run "npm ci" first');
  const suites = createSuites();
  await suites.statics();
  await suites.unit();
  if (!suites.close()) process.exitCode = 1;
});
