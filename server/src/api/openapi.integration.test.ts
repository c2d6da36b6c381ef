import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { addedRoutes } from './route.ts';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

/** What outside programs rely on: method, path, and the fields that the answer must at least have. */
const PROMISED: [call: string, fields: string][] = [
  ['GET /auth/setup', 'required'],
  ['POST /auth/setup', 'user'],
  ['POST /auth/login', 'user'],
  ['POST /auth/logout', ''],
  ['GET /auth/me', 'user permissions'],
  ['POST /tokens', 'id token'],
  ['GET /tokens', 'items nextCursor'],
  ['DELETE /tokens/{id}', ''],
  ['POST /users', 'id username role scope'],
  ['GET /users', 'items nextCursor'],
  ['PATCH /users/{id}', 'id username role scope'],
  ['DELETE /users/{id}', ''],
  ['POST /credentials', 'id name kind'],
  ['GET /credentials', 'items nextCursor'],
  ['PATCH /credentials/{id}', 'id name kind'],
  ['DELETE /credentials/{id}', ''],
  ['POST /devices', 'id'],
  ['GET /devices', 'items nextCursor'],
  [
    'GET /devices/{id}',
    'id name address status statusSince lastSeenAt vendor model os osVersion serial sysObjectId sysName sysDescr location ' +
      'contact uptimeSeconds site tags credentials collectors parents',
  ],
  ['PATCH /devices/{id}', 'id'],
  ['DELETE /devices/{id}', ''],
  ['POST /devices/import', 'created updated unchanged errors'],
  ['POST /devices/test', 'resolved checks'],
  ['GET /devices/summary', 'total byStatus'],
  ['POST /devices/{id}/poll', 'taskId'],
  ['GET /tasks/{id}', 'id kind state progress'],
  [
    'GET /devices/{id}/inventory',
    'system interfaces addresses sensors processors memory storage hardware vlans neighbors',
  ],
  ['GET /collectors', 'items'],
  ['GET /metrics/series', 'items nextCursor'],
  ['GET /metrics/query', 'step series'],
  ['GET /metrics/latest', 'items'],
  ['GET /metrics/forecast', 'items'],
  ['GET /alerts', 'items nextCursor'],
  ['POST /alerts/{id}/acknowledge', 'id state rule acknowledgedBy'],
  ['GET /channels', 'items nextCursor'],
  ['POST /channels', 'id name kind target'],
  ['GET /notifications', 'items nextCursor'],
  ['GET /audit', 'items nextCursor'],
  ['GET /reports/now', 'version from to availability worst polls alerts blindSpots'],
];

interface Schema {
  properties?: Record<string, unknown>;
}
interface Operation {
  summary?: string;
  security?: unknown[];
  parameters?: { name: string }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

describe('the OpenAPI document', () => {
  let api: TestApi;
  let paths: Record<string, Record<string, Operation>>;
  let text: string;
  before(async () => {
    api = await openTestApi();
    const answer = await api.call('GET', '/openapi.json');
    text = answer.text;
    paths = answer.json.paths;
    assert.equal(answer.json.openapi, '3.1.0');
  });
  after(() => api.close());

  const operations = () =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        call: `${method.toUpperCase()} ${path.replace('/api/v1', '')}`,
        operation,
      })),
    );

  test('has every call that is promised, with the fields of its answer', () => {
    const byCall = new Map(operations().map(({ call, operation }) => [call, operation]));
    for (const [call, fields] of PROMISED) {
      const operation = byCall.get(call);
      assert.ok(operation, `${call} is missing`);
      const [status = ''] = Object.keys(operation.responses).filter((code) => code.startsWith('2'));
      const schema = operation.responses[status]?.content?.['application/json']?.schema;
      const have = Object.keys(schema?.properties ?? {});
      for (const field of fields.split(' ').filter(Boolean)) assert.ok(have.includes(field), `${call}: ${field}`);
      if (fields === '') assert.equal(status, '204', call);
    }
  });

  test('has every route that is served, but for the stream and itself', () => {
    const served = addedRoutes(api.app)
      .filter(({ url, method }) => url.startsWith('/api/v1') && method !== 'HEAD')
      .map(({ method, url }) => `${method} ${url.replace('/api/v1', '').replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((call) => !/ \/(stream|openapi\.json|docs.*|\*)$/.test(call));
    assert.deepEqual(
      operations()
        .map(({ call }) => call)
        .toSorted(),
      served.toSorted(),
    );
  });

  test('says of every call what it does, how it fails, and whether it needs no sign-in', () => {
    for (const { call, operation } of operations()) {
      assert.ok((operation.summary ?? '').length > 5, call);
      const failure = operation.responses['default']?.content?.['application/json']?.schema;
      assert.deepEqual(Object.keys(failure?.properties ?? {}), ['error'], call);
      const open = operation.security?.length === 0;
      assert.equal(open, /^\w+ \/auth\/(setup|login|logout)$/.test(call), call);
    }
  });

  test('names the parameters of queries, and nothing in it refers to what is not there', () => {
    const names = (paths['/api/v1/metrics/query']?.['get']?.parameters ?? []).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [
      'aggregate',
      'by',
      'device',
      'fn',
      'from',
      'metric',
      'q',
      'step',
      'to',
      'topk',
    ]);
    for (const [, reference = ''] of text.matchAll(/"\$ref":"(#[^"]*)"/g)) {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], JSON.parse(text));
      assert.ok(target, reference);
    }
  });

  test('the readable page brings its own bundle and allows nothing else', async () => {
    const moved = await api.call('GET', '/docs');
    assert.equal(moved.status, 301);
    assert.equal(moved.headers.location, '/api/v1/docs/');
    const page = await api.call('GET', '/docs/');
    assert.equal(page.status, 200);
    assert.ok(!/https?:\/\//.test(page.text), 'the page names nothing outside');
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /script-src 'self' 'sha256-[A-Za-z0-9+/=]+';/);
    const script = await api.call('GET', '/docs/js/scalar.js');
    assert.deepEqual([script.status, script.text.length > 1_000_000], [200, true]);
  });
});
