// `npm start`: from a fresh clone to a running SOTP. Runs on Node 18 with nothing installed, so it uses only what Node brings.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildWeb } from './build-web.mjs';
import { installDependencies } from './install.mjs';
import { compileCache, findNode24, root } from './node24.mjs';
import { prepareServer } from './prepare-server.mjs';
import { createProgress, runScript } from './progress.mjs';

const STEPS = 4;

function run(node, args, env) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    // The program takes this process's place: no second Node stays in memory, and signals arrive where they belong.
    process.removeAllListeners('warning');
    process.execve(node, [node, ...args], env);
  }
  // The channel tells SOTP when this process is killed: then it stops too.
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm passes a signal on to the shell that it runs this by, which ends of it and tells nobody.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === 'start') {
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
  }
  child.once('error', (error) => {
    console.error(`sotp: ${node} cannot be run: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (status) => {
    process.exitCode = status ?? 1;
  });
}

await runScript(async () => {
  const options = process.argv.slice(2);
  await installDependencies(createProgress(1, STEPS, 'Installing dependencies'));
  await buildWeb(createProgress(2, STEPS, 'Building the web pages'));
  prepareServer(createProgress(3, STEPS, 'Preparing the server'));
  console.log(`[4/${STEPS}] Starting SOTP`);
  const args = ['--max-semi-space-size=2', join(root, 'server', 'src', 'main.ts'), 'start', ...options];
  run(findNode24(), args, { ...process.env, NODE_COMPILE_CACHE: compileCache });
});
