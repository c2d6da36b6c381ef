import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { AnswerSeries } from '#services/telemetry/answer.ts';
import type { SampleQuery } from '#services/telemetry/queries.ts';
import type { StoredCountedQuery } from '#stores/logs/logs.ts';
import { lineConditions } from './line-conditions.ts';

type Minutes = readonly (number | null)[];

async function* seriesOf(devices: Readonly<Record<string, Minutes>>): AsyncGenerator<AnswerSeries> {
  for (const [deviceId, minutes] of Object.entries(devices)) {
    const points = minutes.map((lines, i): [number, number | null] => [i, lines]);
    yield { id: `sum-${deviceId}`, deviceId, metric: 'log_matches_total', labels: {}, unit: 'lines', points };
  }
}

function world(queries: readonly StoredCountedQuery[]) {
  const clock = createFakeClock();
  const asked: SampleQuery[] = [];
  /** Matching lines of the last minutes, by query and device. */
  const sent: Record<string, Record<string, Minutes>> = {};
  const source = lineConditions({
    clock,
    queries: { list: async () => [...queries] },
    telemetry: {
      async query(_actor, query) {
        asked.push(query);
        return { step: 60, points: 5, series: seriesOf(sent[query.labels?.['query'] ?? ''] ?? {}) };
      },
      deviceNames: async (ids) => new Map(ids.map((id) => [id, `switch-${id}`])),
    },
  });
  return { clock, asked, sent, source };
}

const query = (name: string, alertAbove: number | null) => ({ id: 1, name, query: `"${name}" & more`, alertAbove });

test('more matching lines of one device within five minutes than the limit are told of, the most first', async () => {
  const { clock, asked, sent, source } = world([query('downs', 3), query('logins', 0), query('unlimited', null)]);
  sent['downs'] = { 7: [1, 1, 1, 0, 0], 8: [2, null, 2, 0, 0], 9: [0, 0, 0, 0, 40] };
  sent['unlimited'] = { 7: [1_000] };
  const found = await source.look([]);
  assert.deepEqual(found, [
    {
      code: 'log_matches',
      subject: 'downs',
      truth: 'holds',
      summary: 'More than 3 matching lines in 5 minutes: switch-9 (40), switch-8 (4).',
      href: '/logs?q=%22downs%22%20%26%20more',
    },
  ]);
  assert.deepEqual(
    asked.map(({ labels }) => labels),
    [{ query: 'downs' }, { query: 'logins' }],
  );
  for (const { from, to } of asked) {
    assert.equal(Number(to) - Number(from), 300_000);
    assert.ok(Number(to) > clock.now() && Number(to) - clock.now() <= 60_000);
  }
});

test('many devices are one alert that names the first; silence makes it go', async () => {
  const { clock, sent, source } = world([query('logins', 0)]);
  sent['logins'] = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i + 1, [8 - i]]));
  const [many] = (await source.look([])) ?? [];
  assert.equal(
    many?.summary,
    'More than 0 matching lines in 5 minutes: switch-1 (8), switch-2 (7), switch-3 (6), switch-4 (5), switch-5 (4) and 3 more.',
  );
  sent['logins'] = { 1: [0, 0, null, 0, 0] };
  await clock.advance(10_000);
  assert.deepEqual(await source.look([]), []);
});
