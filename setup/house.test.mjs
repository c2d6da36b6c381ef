import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SHIPPED = /\.(ts|tsx|mjs)$/;
const TEST = /\.(test|contract)\.(ts|tsx|mjs)$|\/testing(\/|\.ts$)/;

/** Every shipped source file below a folder, as [path from the root, text]. */
function sources(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && SHIPPED.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !TEST.test(path) && !/node_modules|\.next/.test(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
}

/** Lines of the files that match, as `path:line text`, so that a failure names the place. */
function linesThat(files, matches) {
  return files.flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => (matches(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
  );
}

const isComment = (line) => /^\s*(\*|\/\/|\/\*)/.test(line);

test('SQL stands only with the back ends that speak it', () => {
  const sql = /[`'"]\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+table)\s/i;
  const elsewhere = sources('server/src').filter(
    ([path]) => !/^server\/src\/(stores|queue\/bullmq|cache\/postgres|bus\/postgres|app)\//.test(path),
  );
  assert.ok(elsewhere.length > 10);
  assert.deepEqual(
    linesThat(elsewhere, (line) => sql.test(line) && !isComment(line)),
    [],
  );
});

test('no program is started through a shell, so no text of a device or a user can become a command', () => {
  const shell = /shell:\s*true|\bexec(Sync)?\(\s*[`'"]|from 'node:child_process'.*\bexec\b/;
  assert.deepEqual(
    linesThat(sources('server/src', 'simulator/src'), (line) => shell.test(line) && !isComment(line)),
    [],
  );
});

test('regular expressions given by users never reach the backtracking engine', () => {
  const built = /new RegExp\(/;
  // A command of the shell runs for the one who typed it; only what serves others must not be held up.
  const serving = sources('server/src').filter(([path]) => !path.startsWith('server/src/app/cli/'));
  assert.deepEqual(
    linesThat(serving, (line) => built.test(line) && !isComment(line)),
    [],
  );
});

test('time and randomness come in as arguments to pure rules', () => {
  const impure = /Date\.now\(|Math\.random\(|performance\.now\(|process\.env/;
  const pure = sources('server/src/domain', 'server/src/protocols');
  assert.deepEqual(
    linesThat(pure, (line) => impure.test(line) && !isComment(line)),
    [],
  );
});
