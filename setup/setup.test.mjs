import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashOf } from './hash.mjs';
import { explainNpmFailure, passedOver } from './install.mjs';
import { isNewEnough } from './node24.mjs';
import { TOTALS } from './reporter.mjs';
import { createSuites } from './suites.mjs';

test('a failed installation is told in one sentence with its remedy', () => {
  const cases = [
    ['npm error code ENOTFOUND\nnpm error network request to https://x failed', /registry cannot be reached/],
    ['npm error code ENOSPC', /disk is full/],
    ['npm error code EACCES', /may not be written/],
    ['npm error code EINTEGRITY', /damaged.*cache clean/],
    ['npm error code E404\nnpm error 404 Not Found - x', /404 Not Found/],
    ['', /no reason given/],
  ];
  for (const [output, expected] of cases) {
    const sentence = explainNpmFailure(output);
    assert.match(sentence, expected);
    assert.ok(!sentence.includes('\n'));
  }
});

test('what npm passed over for the age of its Node is found: optional, for this machine, not there', () => {
  const machine = {
    platform: 'linux',
    arch: 'x64',
    report: { getReport: () => ({ header: { glibcVersionRuntime: '2.36' } }) },
  };
  const entry = { optional: true, engines: { node: '>= 20' } };
  const packages = {
    compiler: { ...entry, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    there: { ...entry, os: ['linux'], cpu: ['x64'] },
    musl: { ...entry, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    arm: { ...entry, os: ['linux'], cpu: ['arm64'] },
    mac: { ...entry, os: ['darwin'] },
    anyNode: { optional: true, os: ['linux'] },
    needed: { engines: { node: '>= 20' } },
  };
  assert.deepEqual(
    passedOver({ packages }, (path) => path === 'there', machine),
    ['compiler'],
  );
});

test('a version runs SOTP from 24 on', () => {
  assert.deepEqual(['v18.0.0', '20.20.2', 'v24.0.0', '26.1.0'].map(isNewEnough), [false, false, true, true]);
});

test('the hash of sources changes with a name, a content and nothing else', () => {
  const root = mkdtempSync(join(tmpdir(), 'sotp-hash-'));
  try {
    mkdirSync(join(root, 'a/node_modules'), { recursive: true });
    writeFileSync(join(root, 'a/one'), '1');
    const first = hashOf(root, ['a']);
    writeFileSync(join(root, 'a/node_modules/x'), 'not ours');
    assert.equal(hashOf(root, ['a']), first);
    writeFileSync(join(root, 'a/one'), '2');
    const second = hashOf(root, ['a']);
    assert.notEqual(second, first);
    writeFileSync(join(root, 'a/two'), '');
    assert.notEqual(hashOf(root, ['a']), second);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('the reporter counts passes, failures and skips, names each failure, and leaves suites out of the count', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-reporter-'));
  try {
    const file = join(folder, 'sample.test.mjs');
    writeFileSync(
      file,
      `import { suite, test } from 'node:test';
       suite('s', () => { test('good', () => {}); test('bad', () => { throw new Error('the reason'); }); });
       test('later', { skip: 'no time' }, () => {});`,
    );
    const reporter = new URL('reporter.mjs', import.meta.url).pathname;
    const env = { ...process.env };
    delete env.NODE_TEST_CONTEXT;
    const run = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, file], { encoding: 'utf8', env });
    const totals = run.stdout.split('\n').find((line) => line.startsWith(TOTALS));
    const { failing, ...counts } = JSON.parse(totals.slice(TOTALS.length));
    assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
    assert.equal(failing.length, 1);
    assert.match(failing[0].file, /sample\.test\.mjs$/);
    assert.deepEqual(failing[0].counts, counts);
    assert.match(run.stdout, /FAILED .*bad\n(.|\n)*the reason/);
    assert.match(run.stdout, /skipped .*later \(no time\)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file that fails beside others runs once more alone: it counts as passed and is named, a broken one still fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-unsteady-'));
  try {
    const shaky = join(folder, 'shaky.test.mjs');
    writeFileSync(
      shaky,
      `import { existsSync, writeFileSync } from 'node:fs';
       import { test } from 'node:test';
       test('good', () => {});
       test('fails the first time', () => {
         if (existsSync(${JSON.stringify(join(folder, 'ran'))})) return;
         writeFileSync(${JSON.stringify(join(folder, 'ran'))}, '');
         throw new Error('too slow');
       });`,
    );
    const broken = join(folder, 'broken.test.mjs');
    writeFileSync(broken, "import { test } from 'node:test'; test('bad', () => { throw new Error('wrong'); });");
    const options = { limitMs: 60_000, concurrency: 2, testTimeoutMs: 60_000, env: { NODE_TEST_CONTEXT: undefined } };
    const lines = [];
    const print = console.log;
    console.log = (line) => lines.push(line);
    const suites = createSuites();
    try {
      await suites.nodeTests('Sample', [shaky, broken], { ...options, runAgain: true });
      suites.close();
      rmSync(join(folder, 'ran'));
      await suites.nodeTests('Sample', [shaky], options);
    } finally {
      console.log = print;
    }
    assert.deepEqual(suites.totals, { passed: 3, failed: 2, skipped: 0 });
    assert.equal(lines.filter((line) => /unsteady: .*shaky/.test(line)).length, 1);
    assert.ok(!lines.some((line) => /unsteady: .*broken/.test(line)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
