import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeSyslog } from './decode.ts';

// A case is a folder: `input`, the bytes of one line, and `expected.json`. Received at 10:00:05 UTC on 23 November 2026.
const CASES = new URL('./cases/', import.meta.url);
const CONTEXT = { receivedAt: Date.parse('2026-11-23T10:00:05Z'), zoneMinutes: 0 };

for (const name of readdirSync(CASES).toSorted()) {
  test(`case ${name}`, () => {
    const { text, body, at, ...rest } = decodeSyslog(readFileSync(new URL(`${name}/input`, CASES)), CONTEXT);
    const found = { ...rest, message: text.slice(body), at: Number.isNaN(at) ? null : new Date(at).toISOString() };
    // Through JSON, so that a field called __proto__ is compared like any other.
    assert.deepEqual(
      JSON.parse(JSON.stringify(found)),
      JSON.parse(readFileSync(new URL(`${name}/expected.json`, CASES), 'utf8')),
    );
  });
}
