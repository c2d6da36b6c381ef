import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ErrorBody } from '@sotp/contract/errors.ts';
import { openTestApi } from './testing.ts';

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  default?: unknown;
}
interface Operation {
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const NASTY = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  'true',
  '1e309',
  '٣',
  '\u0000',
  '\ud800',
  '💩',
  "' or 1=1 --",
  '%s%n',
  '../../etc/passwd',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '-oX',
  '`id`',
  '$(id)',
  '\r\nX: y',
  'now',
  'now-6h',
  'now-999999w',
  '1e3',
  'x'.repeat(5_000),
  '10.0.0.1',
  '::1',
  'fe80::1%eth0',
  '2026-01-01T00:00:00Z',
  '275760-09-13T00:00:00.001Z',
  '9007199254740993',
  'admin',
  'viewer',
];
const garbage = fc.oneof(
  fc.constantFrom<unknown>(...NASTY, null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null], { __x: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values that a schema allows, roughly; one in eight is garbage where it is asked for. */
function valueOf(schema: Schema, withGarbage: boolean): fc.Arbitrary<unknown> {
  const proper = properValue(schema, withGarbage);
  return withGarbage ? fc.oneof({ weight: 7, arbitrary: proper }, { weight: 1, arbitrary: garbage }) : proper;
}

function properValue(schema: Schema, withGarbage: boolean): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((one) => valueOf(one, withGarbage)));
  if (schema.allOf) {
    const parts = schema.allOf.map((one) => properValue(one, withGarbage));
    return fc.tuple(...parts).map((values) => Object.assign({}, ...(values as object[])));
  }
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {}).map(
        ([name, one]) => [name, valueOf(one, withGarbage)] as const,
      );
      return fc.record(Object.fromEntries(properties), { requiredKeys: schema.required ?? [] });
    }
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, withGarbage), { maxLength: 3 });
    case 'string':
      return fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 20, unit: 'binary' }), fc.uuid());
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer(), fc.integer({ min: 1, max: 1_000 }), fc.double({ noNaN: true }));
    case 'boolean':
      return fc.boolean();
    default:
      return garbage;
  }
}

const RUNS = Number(process.env['SOTP_TEST_FUZZ_RUNS'] ?? 60);

test('whatever is sent to any route, the answer is documented and never a fault', { timeout: 600_000 }, async () => {
  const api = await openTestApi();
  try {
    const token = await api.tokenFor('admin');
    const add = (path: string, body: object) => api.call('POST', path, { token, body });
    for (let n = 1; n <= 3; n++) {
      await add('/devices', { address: `10.0.0.${n}` });
      await add('/credentials', { name: `c${n}`, kind: 'snmp-v2c', secret: { community: 'x' } });
      await add('/credential-sets', { name: `s${n}`, credentials: [String(n)] });
      await api.call('PUT', `/credentials/${n}/next`, { token, body: { secret: { community: 'y' } } });
    }
    const document = (await api.call('GET', '/openapi.json')).json;
    const statuses = new Map<string, Set<number>>();
    const routes = Object.entries(document.paths as Record<string, Record<string, Operation>>);
    // What removes comes last: the others find something until then.
    for (const removing of [false, true]) {
      const chosen = routes.flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
      );
      for (const { path, method, operation } of chosen) {
        if ((method === 'delete') !== removing) continue;
        const call = `${method.toUpperCase()} ${path.replace('/api/v1', '')}`;
        // What ends the fuzzer's own rights is tested elsewhere.
        if (/^(DELETE|PATCH) \/(tokens|users)/.test(call)) continue;
        const seen = new Set<number>();
        statuses.set(call, seen);
        const parameters = operation.parameters ?? [];
        const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
        const query = (withGarbage: boolean, all: boolean) => {
          const chosen = parameters.filter((one) => one.in === 'query' && (all || one.required));
          return fc.record(Object.fromEntries(chosen.map((one) => [one.name, valueOf(one.schema, withGarbage)])), {
            requiredKeys: chosen.filter((one) => !all && one.required).map((one) => one.name),
          });
        };
        // One in three asks as little as it may, of what exists: it gets past the checks, and meets what lies behind.
        const plain = fc.record({
          id: fc.constantFrom('1', '2', '3'),
          query: query(false, false),
          body: body ? valueOf(body, false) : fc.constant(undefined),
        });
        const odd = fc.record({
          id: fc.oneof(
            // Often one that exists, or the fuzzer seldom gets past "not found".
            { weight: 2, arbitrary: fc.constantFrom('1', '2', '3') },
            { weight: 1, arbitrary: fc.constantFrom(...NASTY.filter(Boolean)) },
            { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 70 }) },
          ),
          query: query(true, true),
          body: body ? valueOf(body, true) : fc.constant(undefined),
        });
        const request = fc.oneof({ weight: 1, arbitrary: plain }, { weight: 2, arbitrary: odd });
        await fc.assert(
          fc.asyncProperty(request, async ({ id, query, body: payload }) => {
            const search = new URLSearchParams();
            for (const [name, value] of Object.entries(query)) {
              const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
              search.append(name, text.toWellFormed());
            }
            const [, address = ''] = call.split(' ');
            const url = address.replaceAll(/\{\w+\}/g, encodeURIComponent(id.toWellFormed()));
            const json = payload === undefined ? undefined : JSON.stringify(payload);
            const answer = await api.call(method.toUpperCase(), `${url}?${search}`, {
              token,
              ...(json === undefined ? {} : { payload: json, headers: { 'content-type': 'application/json' } }),
            });
            seen.add(answer.status);
            const sent = `${call} ${url}?${search} ${json?.slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 300)}`;
            assert.ok(answer.status < 500, sent);
            if (answer.status >= 400) assert.ok(ErrorBody.safeParse(answer.json).success, sent);
          }),
          { numRuns: RUNS },
        );
      }
    }
    // A fuzzer that never gets through the door proves nothing.
    const through = [...statuses.values()].filter((seen) => [...seen].some((status) => status < 300)).length;
    assert.ok(through > statuses.size * 0.6, `${through} of ${statuses.size} routes answered well at least once`);
  } finally {
    await api.close();
  }
});
