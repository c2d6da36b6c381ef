// Builds the web pages when their sources changed.
import { buildWeb } from './build-web.mjs';
import { createProgress, runScript } from './progress.mjs';

await runScript(() => buildWeb(createProgress(1, 1, 'Building the web pages')));
