import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { ERROR_CODES } from '@sotp/contract/errors.ts';
import { AppError } from '#platform/errors.ts';
import { HTTP_STATUS, errorBody, toRequestError } from './errors.ts';

const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...docs.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$/gm)];

test('docs/errors.md lists every code once, in the order of the contract, with the status that the API answers', () => {
  assert.deepEqual(
    rows.map(([, code, status]) => [code, Number(status)]),
    ERROR_CODES.map((code) => [code, HTTP_STATUS[code]]),
  );
});

test('an internal fault keeps its message to the log', () => {
  const error = toRequestError(new TypeError('x is undefined at secret.ts'));
  const body = errorBody(error, 'req-7');
  assert.equal(body.error.code, 'internal');
  assert.ok(!JSON.stringify(body).includes('secret.ts'));
  assert.ok(body.error.message.includes('req-7'));
});

test('an AppError goes out with its own code, sentence and details', () => {
  const error = new AppError('query_too_large', 'Too many points.', { details: { limit: 5 } });
  assert.deepEqual(errorBody(toRequestError(error), 'r'), {
    error: { code: 'query_too_large', message: 'Too many points.', details: { limit: 5 } },
  });
});
