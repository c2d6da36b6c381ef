import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { SYSTEM_RULES } from './rules.ts';

test('docs/operate/alerts.md lists every system alert with its times', async () => {
  const page = await readFile(new URL('../../../../docs/operate/alerts.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.+) \| (\w+) \| (\d+) s \| (\d+) s \|$/gm)].map((row) =>
    row.slice(1, 6),
  );
  assert.deepEqual(
    rows,
    Object.entries(SYSTEM_RULES).map(([code, { rule, severity, forMs, keepMs }]) => [
      code,
      rule,
      severity,
      String(forMs / 1_000),
      String(keepMs / 1_000),
    ]),
  );
});
