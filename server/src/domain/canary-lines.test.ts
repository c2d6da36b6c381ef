import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANARY_LINES, canaryIn, isCanaryLine } from './canary-lines.ts';
import { parseGlob } from './log-filter.ts';
import type { LogFilter } from './log-filter.ts';

const app = (name: string): LogFilter => ({ kind: 'attribute', name: 'app', glob: parseGlob(name) });
const word: LogFilter = { kind: 'text', text: 'canary', wholeStart: true, wholeEnd: true };

test('lines of the canary are found by who asks for them by name, and by nobody else', () => {
  assert.equal(canaryIn({ kind: 'all' }), 'without');
  assert.equal(canaryIn(word), 'without');
  assert.equal(canaryIn(app('sotp*')), 'without');
  assert.equal(canaryIn({ kind: 'not', item: app('sotp-canary') }), 'without');
  assert.equal(canaryIn(app('SOTP-Canary')), 'too');
  assert.equal(canaryIn({ kind: 'or', items: [word, app('sotp-canary')] }), 'too');
  assert.equal(canaryIn({ kind: 'and', items: [word, { kind: 'and', items: [app('sotp-canary')] }] }), 'too');
  assert.equal(canaryIn(CANARY_LINES), 'only');
});

test('a sender that calls itself the canary is none', () => {
  assert.ok(isCanaryLine({ source: 'system', app: 'sotp-canary' }));
  assert.ok(!isCanaryLine({ source: 'syslog', app: 'sotp-canary' }));
});
