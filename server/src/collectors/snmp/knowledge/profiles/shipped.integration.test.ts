import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLibrary, SHIPPED_PROFILES } from './library.ts';

test('every profile that SOTP brings along is right', () => {
  const library = openLibrary([SHIPPED_PROFILES]);
  assert.ok(library.all().length > 1000);
  assert.deepEqual(library.problems, []);
});
