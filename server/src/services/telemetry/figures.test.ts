import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { figureGroups, figuresReference } from './figures.ts';

test('docs/metrics.md ends with the tables of what SOTP tells of itself', () => {
  const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  assert.ok(page.trimEnd().endsWith(figuresReference().trimEnd()), 'print them with: sotp metrics reference');
});

test('names follow the custom of Prometheus: counters and only they end in _total, and no name is told twice', () => {
  const names = figureGroups.flatMap(({ figures }) => Object.entries(figures));
  assert.equal(new Set(names.map(([name]) => name)).size, names.length);
  for (const [name, { type, about }] of names) {
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.ok(!about.endsWith('.'), name);
  }
});
