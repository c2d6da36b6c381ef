import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// TypeScript is stripped and compiled once, not at every start; without this each process would hold the stripper in memory.
enableCompileCache(
  process.env['NODE_COMPILE_CACHE'] ?? fileURLToPath(new URL('../../node_modules/.cache/sotp', import.meta.url)),
);

const { runProgram } = await import('#app/cli/program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
