import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNode24, root } from './node24.mjs';
import { seconds } from './progress.mjs';
import { TOTALS } from './reporter.mjs';

/** More failing files than these are no accident. */
const MOST_RUN_AGAIN = 5;
const SKIPPED = new Set(['node_modules', '.next', '.git', 'data', 'e2e', 'test-results']);

function* filesBelow(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* filesBelow(path);
    if (entry.isFile()) yield path;
  }
}

function testFiles(isIntegration) {
  const folders = ['', 'web'].flatMap((folder) => (existsSync(join(root, folder)) ? [...filesBelow(folder)] : []));
  return folders
    .filter((path) => /\.test\.(ts|mjs)$/.test(path) && path.includes('.integration.test.') === isIntegration)
    .sort();
}

/** Starts a program and hands its output on line by line; ends it when the time is over. */
function run(command, args, { env = {}, cwd = root, limitMs, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let overTime = false;
    function end(signal) {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    }
    const timer = setTimeout(() => {
      overTime = true;
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 5_000).unref();
    }, limitMs);
    const interrupt = () => end('SIGTERM');
    process.once('SIGINT', interrupt);
    process.once('SIGTERM', interrupt);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines) onLine(line);
      });
      stream.on('end', () => rest !== '' && onLine(rest));
    }
    child.once('error', (error) => onLine(String(error)));
    child.once('close', (status) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      resolve({ status: status ?? 1, overTime });
    });
  });
}

/** Runs suites one after the other, prints what they say, and adds up what they counted. */
export function createSuites() {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const unsteady = [];
  function count(part) {
    for (const key of Object.keys(totals)) totals[key] += part[key];
  }

  /** A program that passes or fails as a whole counts as one test. */
  async function program(name, command, args, { limitMs = 600_000, cwd, env } = {}) {
    const since = performance.now();
    const lines = [];
    const { status, overTime } = await run(command, args, { cwd, env, limitMs, onLine: (line) => lines.push(line) });
    const ok = status === 0 && !overTime;
    if (!ok) console.log(lines.slice(-200).join('\n'));
    console.log(
      `  ${ok ? '.' : 'x'} ${name}${ok ? '' : overTime ? ` FAILED: not done within ${limitMs / 1000} s` : ' FAILED'} (${seconds(since)})`,
    );
    count({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });
    return ok;
  }

  /** Runs test files by `node --test`; answers what they counted, or `undefined` if they were cut off. */
  async function runFiles(title, files, { limitMs, concurrency, env, testTimeoutMs }) {
    let counted;
    const switches = [
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${testTimeoutMs}`,
      `--test-reporter=${join(root, 'setup', 'reporter.mjs')}`,
    ];
    const { status, overTime } = await run(findNode24(), ['--test', ...switches, ...files], {
      env,
      limitMs,
      onLine(line) {
        if (line.startsWith(TOTALS)) counted = JSON.parse(line.slice(TOTALS.length));
        else console.log(line);
      },
    });
    if (overTime) console.log(`  x ${title} FAILED: not done within ${limitMs / 1000} s`);
    return overTime || (status !== 0 && counted?.failed === 0) ? undefined : counted;
  }

  /**
   * Files run beside each other on a machine that may be busy. A few that fail run once more, each alone: one that
   * passes then is counted as passed and named as unsteady, here and in the closing lines.
   */
  async function nodeTests(title, files, options) {
    console.log(`${title}: ${files.length} files`);
    if (files.length === 0) return;
    const counted = await runFiles(title, files, options);
    if (!counted) return count({ passed: 0, failed: 1, skipped: 0 });
    const again = options.runAgain && counted.failing.length <= MOST_RUN_AGAIN ? counted.failing : [];
    for (const { file, counts } of again) {
      console.log(`  once more, alone: ${file}`);
      const second = await runFiles(file, [file], { ...options, concurrency: 1 });
      if (!second || second.failed > 0) continue;
      unsteady.push(file);
      for (const key of Object.keys(totals)) counted[key] += second[key] - counts[key];
    }
    count(counted);
  }

  const bin = (name) => join(root, 'node_modules', '.bin', name);
  return {
    totals,
    skip(name, reason, tests = 1) {
      console.log(`  skipped ${name}: ${reason}`);
      totals.skipped += tests;
    },
    program,
    nodeTests,
    async statics() {
      console.log('Static checks');
      const node = findNode24();
      await program('format (oxfmt)', bin('oxfmt'), ['--check', '.']);
      await program('lint and import fences (oxlint)', bin('oxlint'), ['--deny-warnings', '.']);
      await program('types (tsc)', node, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
      if (existsSync(join(root, 'web', 'tsconfig.json'))) {
        await program('types of the pages (tsc)', node, [
          join(root, 'node_modules/typescript/bin/tsc'),
          '--noEmit',
          '-p',
          'web',
        ]);
      }
      await program('dead code (knip)', bin('knip'), ['--no-progress']);
    },
    unit: (options = {}) =>
      nodeTests('Unit tests', testFiles(false), {
        limitMs: 900_000,
        concurrency: 2,
        testTimeoutMs: 240_000,
        env: {},
        ...options,
      }),
    integration: (env, options = {}) =>
      nodeTests('Integration tests', testFiles(true), {
        limitMs: 2_400_000,
        concurrency: 2,
        testTimeoutMs: 240_000,
        env,
        ...options,
      }),
    async browser(env) {
      console.log('Browser tests');
      const results = join(tmpdir(), `sotp-e2e-${process.pid}.json`);
      const { overTime } = await run(
        findNode24(),
        [join(root, 'node_modules/@playwright/test/cli.js'), 'test', '--config', 'e2e', '--reporter=line,json'],
        {
          env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: results, PLAYWRIGHT_JSON_OUTPUT_FILE: results, CI: '1' },
          limitMs: 1_200_000,
          onLine: (line) => line.trim() !== '' && console.log(`  ${line}`),
        },
      );
      if (overTime) console.log('  x browser tests FAILED: not done within 20 minutes');
      try {
        const { stats } = JSON.parse(readFileSync(results, 'utf8'));
        count({
          passed: stats.expected + stats.flaky,
          failed: stats.unexpected + (overTime ? 1 : 0),
          skipped: stats.skipped,
        });
      } catch {
        count({ passed: 0, failed: 1, skipped: 0 });
      } finally {
        rmSync(results, { force: true });
      }
    },
    /** Prints the closing line; answers whether nothing failed. */
    close() {
      for (const file of unsteady) console.log(`  unsteady: ${file} failed beside others and passed alone; mend it`);
      console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
      return totals.failed === 0;
    },
  };
}
