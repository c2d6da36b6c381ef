import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { Batch } from '#services/telemetry/spool.ts';
import { decodeBatch, encodeBatch, samplesOf } from './codec.ts';
import { createLayoutWriter, readLayouts } from './layouts.ts';

/** Plain objects, as they are in the program. */
const rec = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });

const series = rec({
  metric: fc.string({ minLength: 1 }),
  labels: fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    fc.string(),
    { noNullPrototype: true },
  ),
  unit: fc.option(fc.string()),
  kind: fc.constantFrom('gauge' as const, 'counter' as const, 'state' as const),
});
const layouts = fc.array(rec({ series: fc.array(series, { maxLength: 5 }) }), { minLength: 1, maxLength: 4 });
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });

const batch = layouts.chain((all) =>
  rec({
    rows: fc.array(
      fc.constantFrom(...all).chain((layout) =>
        rec({
          deviceId: fc.integer({ min: 1 }),
          at: instant,
          polledAt: instant,
          restarted: fc.boolean(),
          layout: fc.constant(layout),
          values: fc.float64Array({ minLength: layout.series.length, maxLength: layout.series.length }),
        }),
      ),
      { maxLength: 8 },
    ),
    runs: fc.array(
      rec({
        deviceId: fc.integer({ min: 1 }),
        collectors: fc.array(rec({ name: fc.string(), intervalSeconds: fc.integer({ min: 1 }) })),
        run: rec({
          name: fc.string(),
          up: fc.boolean(),
          at: instant,
          durationMs: fc.nat(),
          error: fc.option(rec({ code: fc.constant<ErrorCode>('no_answer'), message: fc.string() })),
          credentialId: fc.option(fc.string()),
        }),
      }),
      { maxLength: 4 },
    ),
    facts: fc.array(
      rec({
        deviceId: fc.integer({ min: 1 }),
        at: instant,
        facts: fc.constant<Partial<Inventory>>({ vlans: [{ id: 1, name: 'é' }] }),
        partial: fc.constant(['vlans']),
      }),
      { maxLength: 2 },
    ),
  }),
);

test('a batch comes out of the spool as it went in, its layouts from their file', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'sotp-codec-'));
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 3 }), async (batches: Batch[]) => {
        const writer = createLayoutWriter();
        const encoded = batches.map((one) => encodeBatch(one, writer.idOf));
        const file = path.join(dir, 'layouts');
        await writeFile(file, writer.take() ?? '');
        const reader = await readLayouts(file);
        const decoded = encoded.map((bytes) => decodeBatch(bytes, reader.layoutOf));
        assert.deepEqual(decoded, batches);
        assert.deepEqual(decoded.map(samplesOf), batches.map(samplesOf));
      }),
      { numRuns: 60 },
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('rows of one layout share the object again', async () => {
  const layout = { series: [] };
  const row = { deviceId: 1, at: 0, polledAt: 0, restarted: false, layout, values: new Float64Array() };
  const bytes = encodeBatch({ rows: [row, row], runs: [], facts: [] }, () => 1);
  const decoded = decodeBatch(bytes, () => layout);
  assert.equal(decoded.rows[0]?.layout, decoded.rows[1]?.layout);
});
