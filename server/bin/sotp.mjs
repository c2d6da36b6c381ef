#!/usr/bin/env node
// The command `sotp`: finds a Node that runs SOTP's TypeScript and hands the arguments to it. Runs on Node 18 itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = new URL('../src/main.ts', import.meta.url);
const cache = join(root, 'node_modules', '.cache', 'sotp');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.env.NODE_COMPILE_CACHE ??= cache;
  nodeModule.enableCompileCache?.(cache);
  await import(main.href);
} else {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    console.error('sotp: Node.js 24 is missing: run "npm start" once, or install Node.js 24 from https://nodejs.org');
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (status) => {
    process.exitCode = status ?? 1;
  });
}
