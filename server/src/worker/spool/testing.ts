import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import type { Deliver } from '#services/spool/spool.ts';
import type { Batch, SampleSpool } from '#services/telemetry/spool.ts';
import { sampleCodec } from './codec.ts';
import { createFileSpool } from './file-spool.ts';
import { SAMPLE_SPOOL } from './names.ts';

const root = mkdtempSync(path.join(tmpdir(), 'sotp-spool-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
let count = 0;

const LAYOUTS = [1, 7, 40].map((length) => ({
  series: Array.from({ length }, (_, i) => ({
    metric: `m${i}`,
    labels: { i: String(i) },
    unit: null,
    kind: 'gauge' as const,
  })),
}));

/** A batch whose first value is its number. */
export function batchOf(number: number, shape = 0): Batch {
  const layout = LAYOUTS[shape % LAYOUTS.length]!;
  const values = new Float64Array(layout.series.length).fill(number);
  return {
    rows: [{ deviceId: 1, at: number, polledAt: number, restarted: false, layout, values }],
    runs: [],
    facts: [],
  };
}

/** A store that knows what it has, and can be away. `lose` lets it commit and fail all the same. */
export function createStore() {
  const known = new Set<string>();
  const state = { away: false, lose: 0 };
  const stored: number[] = [];
  /** How many batches came as one. */
  const joined: number[] = [];
  const deliver: Deliver<Batch> = async (batch, { source, sequence, also = [] }) => {
    await Promise.resolve();
    const fault = new AppError('database_unavailable', 'away', { retryable: true });
    if (state.away) throw fault;
    const keys = [...also, sequence].map((one) => `${source} ${one}`);
    const isThere = keys.some((key) => known.has(key));
    if (isThere && also.length > 0) throw new AppError('internal', 'Some are stored already.');
    if (!isThere) stored.push(...batch.rows.map(({ values }) => values[0] ?? -1));
    joined.push(keys.length);
    for (const key of keys) known.add(key);
    if (state.lose > 0) {
      state.lose--;
      throw fault;
    }
  };
  return { state, stored, joined, deliver };
}

export function spoolIn(dir: string, more: object = {}): SampleSpool {
  return createFileSpool({
    dir,
    codec: sampleCodec,
    names: SAMPLE_SPOOL,
    whenFull: 'drop_oldest',
    source: `s${++count}`,
    clock: systemClock,
    log: silentLog,
    segmentBytes: 4_096,
    ...more,
  });
}

export async function drained(spool: SampleSpool): Promise<void> {
  for (let i = 0; spool.backlog > 0; i++) {
    assert.ok(i < 1_000, `${spool.backlog} batches are still there`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const newDir = () => path.join(root, String(++count));
export const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
