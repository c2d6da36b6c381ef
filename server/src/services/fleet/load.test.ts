import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessReport } from '#services/telemetry/processes.ts';
import { loadOf } from './load.ts';

function report(at: number, counters: Record<string, number>): ProcessReport {
  return { role: 'collector', instance: 'one', at, counters, histograms: {} };
}

test('each spool tells how full it is, and what it had no room for, now and since the start', () => {
  const common = {
    spool_bytes: 900,
    spool_max_bytes: 1_000,
    spool_backlog_samples: 70,
    log_spool_bytes: 10,
    log_spool_max_bytes: 1_000,
    log_spool_backlog_lines: 2,
  };
  const before = report(0, { ...common, 'samples_dropped_total{reason="spool_full"}': 5 });
  const now = report(10_000, {
    ...common,
    'samples_dropped_total{reason="spool_full"}': 8,
    'samples_dropped_total{reason="spool_disk"}': 1,
    'samples_dropped_total{reason="infinite"}': 4,
    'syslog_dropped_total{transport="udp",reason="buffer_full"}': 6,
    'syslog_dropped_total{transport="udp",reason="kernel"}': 9,
  });
  const load = loadOf({ report: now, before });
  assert.deepEqual(load.spools, [
    { holds: 'samples', bytes: 900, maxBytes: 1_000, dropped: 9, droppedNow: 4 },
    { holds: 'lines', bytes: 10, maxBytes: 1_000, dropped: 6, droppedNow: 6 },
  ]);
  assert.equal(load.spoolBytes, 910);
  assert.equal(load.spoolBacklog, 72);
  assert.equal(load.dropped, 28);
  assert.equal(load.kernelDropped, 9);
});

test('a process that has told once has no rates yet, and drops nothing now', () => {
  const counters = { spool_max_bytes: 1_000, 'samples_dropped_total{reason="spool_full"}': 8 };
  const load = loadOf({ report: report(0, counters), before: undefined });
  assert.equal(load.pollsPerSecond, null);
  assert.deepEqual(load.spools, [{ holds: 'samples', bytes: 0, maxBytes: 1_000, dropped: 8, droppedNow: 0 }]);
});
