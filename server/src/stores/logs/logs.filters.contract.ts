import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFilter, parseGlob } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import type { LogStore } from './logs.ts';
import { T0, lineOf } from './testing.ts';

const ALL: LogFilter = { kind: 'all' };

const totalOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

/** Whatever tree is asked for: the store's own shortcuts must never change the answer. */
export function filterContract(store: () => LogStore): void {
  test('whatever is asked, search and histogram give the lines that the filter means', async () => {
    let at = T0 + 8 * 86_400_000;
    const pick = <T>(...all: T[]) => fc.constantFrom(...all);
    const words = pick('link', 'down', 'ge-0/0/1', 'Error:', 'a_b', 'größe', '10.0.0.7', '"q"', 'x\\y', 'x\ny');
    const line = fc.record({
      text: fc.array(words, { maxLength: 4 }).map((all) => all.join(' ')),
      severity: fc.nat(7),
      facility: fc.nat(23),
      deviceId: fc.nat(3),
      host: pick('', 'fw-1', 'FW-2', 'größe', 'a"b'),
      app: pick('', 'sshd', 'k.l'),
      fields: pick<Record<string, string> | null>(null, { 'x@1.user': 'admin' }, { user: 'ädmin "x"', rule: '7' }),
    });
    const glob = pick('', 'fw-1', 'fw-*', '*1', '*', 'größe', 'k?l', 'a"b', 'k.l', 'ad*n').map(parseGlob);
    const leaf: fc.Arbitrary<LogFilter> = fc.oneof(
      fc.record({
        kind: fc.constant('text' as const),
        text: pick('link', 'lin', 'error:', 'b', 'größe', '10.0.0.7', '"q"', 'x\\y', '0/0', 'x'),
        wholeStart: fc.boolean(),
        wholeEnd: fc.boolean(),
      }),
      fc
        .record({ pattern: pick('li.k', '^$', 'ERROR', 'down|größe', '0\\.0'), ignoreCase: fc.boolean() })
        .map(({ pattern, ignoreCase }): LogFilter => {
          const compiled = new RegExp(pattern, ignoreCase ? 'iu' : 'u');
          return { kind: 'regex', pattern, ignoreCase, test: (text) => compiled.test(text) };
        }),
      fc.record({ kind: fc.constant('severity' as const), mask: fc.nat(255) }),
      fc.record({ kind: fc.constant('facility' as const), mask: fc.nat(2 ** 24 - 1) }),
      fc.array(fc.nat(3), { maxLength: 3 }).map((ids): LogFilter => ({ kind: 'device', ids: new Set(ids) })),
      fc.record({ kind: fc.constant('attribute' as const), name: pick('host' as const, 'app' as const), glob }),
      fc.record({ kind: fc.constant('field' as const), name: pick('user', 'rule', 'none'), glob }),
      fc.constant<LogFilter>(ALL),
    );
    const { filter } = fc.letrec<{ filter: LogFilter }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({
          kind: pick('and' as const, 'or' as const),
          items: fc.array(tie('filter'), { maxLength: 3 }),
        }),
        tie('filter').map((item): LogFilter => ({ kind: 'not', item })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.array(filter, { minLength: 1, maxLength: 4 }),
        async (made, filters) => {
          at += 1000;
          const kept = made.map(({ text, ...more }, i) =>
            lineOf(`${i} ${text}`, { ...more, source: 'trap', receivedAt: at + i }),
          );
          await store().write(store().pack(kept));
          for (const one of filters) {
            const matches = compileFilter(one);
            const expected = kept.map((each) => ({ ...each, text: each.raw.toString() })).filter(matches);
            const asked = { filter: one, from: at, to: at + 1000, direction: 'forward', limit: 100 } as const;
            const found = await store().search(asked);
            assert.deepEqual(
              found.lines.map(({ text }) => text),
              expected.map(({ text }) => text),
              JSON.stringify(one),
            );
            const { steps } = await store().histogram({ filter: one, from: at, to: at + 1000, stepMs: 1000 });
            const counts = Array.from(
              { length: 8 },
              (_, severity) => expected.filter((each) => each.severity === severity).length,
            );
            assert.deepEqual(steps[0]?.counts ?? [0, 0, 0, 0, 0, 0, 0, 0], counts, JSON.stringify(one));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('steps begin where the range does, round instant or not, and the last ends with it', async () => {
    const day = T0 + 30 * 86_400_000;
    await store().write(
      store().pack(Array.from({ length: 600 }, (_, i) => lineOf(`tick ${i}`, { receivedAt: day + i * 100 }))),
    );
    const filter: LogFilter = { kind: 'text', text: 'tick', wholeStart: true, wholeEnd: true };
    for (const shift of [0, 1, 3_217, 6_999]) {
      for (const [length, stepMs] of [
        [49_000, 7_000],
        [50_300, 7_000],
        [5_000, 7_000],
        [20_001, 1_000],
      ] as const) {
        const [from, to] = [day + shift, day + shift + length];
        const { steps, countedFrom } = await store().histogram({ filter, from, to, stepMs });
        const expected = new Map<number, number>();
        for (let at = day; at < Math.min(to, day + 60_000); at += 100) {
          const step = from + Math.floor((at - from) / stepMs) * stepMs;
          if (at >= from) expected.set(step, (expected.get(step) ?? 0) + 1);
        }
        assert.deepEqual(new Map(steps.map(({ at, counts }) => [at, totalOf(counts)])), expected);
        assert.equal(countedFrom, from);
      }
    }
  });
}
