// Loads every role once so that the compile cache holds its code: the first start is then as quick and as small as the others.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { compileCache } from './node24.mjs';

enableCompileCache(compileCache);
process.argv = [process.argv0, 'sotp', '--version'];
const modules = [
  'main',
  'app/supervisor/run',
  'app/roles/role',
  'app/roles/hub',
  'app/roles/collector',
  'app/roles/simulator',
];
for (const name of modules) await import(`../server/src/${name}.ts`);
flushCompileCache();
process.exit(0);
