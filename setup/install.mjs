import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { hashOf, readStamp } from './hash.mjs';
import { findNode24, isNewEnough, root } from './node24.mjs';
import { seconds, SetupError } from './progress.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const stampFile = join(root, 'node_modules', '.sotp-installed');

/** npm by itself waits 70 s before it says that there is no network. */
const RETRIES = {
  npm_config_fetch_retries: '3',
  npm_config_fetch_retry_factor: '3',
  npm_config_fetch_retry_mintimeout: '1500',
};

/** Refuses versions that cannot install the dependencies. */
export function checkVersions() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 18) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old: install Node.js 18 or newer from https://nodejs.org and start again`,
    );
  }
}

function checkNpm() {
  const { status, stdout } = spawnSync(npm, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0)
    throw new SetupError(
      'npm is missing: install it (it comes with Node.js; Debian: apt-get install npm) and start again',
    );
  if (Number(stdout.split('.')[0]) < 8)
    throw new SetupError(`npm ${stdout.trim()} is too old: run "npm install -g npm@10" and start again`);
}

function expectedPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const here = (list, name) => !list || list.includes(name);
  return Object.entries(packages).filter(
    ([path, entry]) =>
      /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) &&
      !entry.link &&
      here(entry.os, process.platform) &&
      here(entry.cpu, process.arch),
  ).length;
}

/**
 * Optional packages of a lock file that are for this machine and not there. npm passes over those whose `engines` exclude the
 * Node it runs on, without a word, and among them are compilers that the pages need.
 */
export function passedOver({ packages }, isThere, machine = process) {
  const libc =
    machine.platform === 'linux' ? (machine.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl') : '';
  const here = (list, name) => !list || list.includes(name);
  return Object.entries(packages)
    .filter(([, { optional, engines }]) => optional && engines?.node)
    .filter(([, { os, cpu }]) => here(os, machine.platform) && here(cpu, machine.arch))
    .filter(([, entry]) => here(entry.libc, libc))
    .map(([path]) => path)
    .filter((path) => !isThere(path));
}

/** The rest of the packages, with npm on the Node that the first round brought. */
async function completeWithNode24(progress) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const missing = () => passedOver(lock, (path) => existsSync(join(root, path)));
  const node = findNode24();
  if (!node || isNewEnough(process.versions.node) || missing().length === 0) return;
  const cli = process.env.npm_execpath;
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const [program, first] = cli?.endsWith('npm-cli.js') ? [node, [cli]] : [npm, []];
  await runNpm(program, [...first, 'install', '--no-save'], progress, { PATH: path });
}

function installedPackages() {
  const folder = join(root, 'node_modules');
  if (!existsSync(folder)) return 0;
  let count = 0;
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    const below = name.startsWith('@') ? readdirSync(join(folder, name)).map((part) => join(name, part)) : [name];
    for (const path of below) if (existsSync(join(folder, path, 'package.json'))) count++;
  }
  return count;
}

/** What npm's complaint means to somebody who only wants to start SOTP. */
export function explainNpmFailure(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|network request|ENOTCACHED/.test(output)) {
    return 'the npm registry cannot be reached: connect this machine to the network, or name a registry or proxy with "npm config set registry URL" or "npm config set proxy URL", and start again';
  }
  if (/ENOSPC/.test(output))
    return 'the disk is full: free 1.5 GB below this folder (or in the npm cache) and start again';
  if (/EACCES|EPERM/.test(output))
    return `this folder may not be written: run "sudo chown -R $(id -un) ${root}" and start again`;
  if (/EINTEGRITY/.test(output))
    return 'a downloaded package is damaged: run "npm cache clean --force" and start again';
  const line = output.split('\n').find((text) => /npm (error|ERR!)/.test(text) && !/code /.test(text));
  return `npm could not install the dependencies: ${line ? line.replace(/npm (error|ERR!) ?/, '') : 'no reason given'}`;
}

function runNpm(program, args, progress, env = {}) {
  const expected = expectedPackages();
  const child = spawn(program, [...args, '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env: { ...RETRIES, ...process.env, ...env, npm_config_update_notifier: 'false', NODE_ENV: 'development' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
  const timer = setInterval(() => {
    try {
      progress.update((installedPackages() / expected) * 0.95);
    } catch {
      // npm moves folders about while it works; the next look will do.
    }
  }, 500);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearInterval(timer);
      if (status === 0) resolve();
      else reject(new SetupError(explainNpmFailure(output)));
    });
  });
}

/** Installs the locked dependencies unless just these are installed. An interrupted run leaves no stamp, so the next one repairs it. */
export async function installDependencies(progress) {
  checkVersions();
  const wanted = hashOf(root, ['package-lock.json'], [process.platform, process.arch]);
  if (readStamp(stampFile) === wanted && findNode24()) return progress.done('up to date');
  checkNpm();
  const since = performance.now();
  progress.update(0);
  try {
    await runNpm(npm, ['ci'], progress);
    await completeWithNode24(progress);
  } catch (error) {
    progress.failed();
    throw error;
  }
  if (!findNode24()) {
    progress.failed();
    throw new SetupError(
      'Node.js 24 did not install for this machine: install Node.js 24 from https://nodejs.org and start again',
    );
  }
  writeFileSync(stampFile, wanted);
  progress.done(`installed in ${seconds(since)}`);
}
