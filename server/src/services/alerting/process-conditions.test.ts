import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';
import type { StoredAlert } from '#stores/alerts/alerts.ts';
import { processConditions } from './process-conditions.ts';

async function world() {
  const clock = createFakeClock();
  const told = {
    speaking: [] as { report: ProcessReport; before: ProcessReport | undefined }[],
    silent: [] as ProcessReport[],
  };
  const book: Pick<ProcessBook, 'reports' | 'silent' | 'lastTwo'> = {
    reports: () => told.speaking.map(({ report }) => report),
    silent: () => told.silent,
    lastTwo: (_role, name) => told.speaking.find(({ report }) => report.instance === name),
  };
  const source = processConditions({ book: book as ProcessBook, clock });
  await clock.advance(60_000);
  const report = (instance: string, counters: Record<string, number> = {}): ProcessReport => ({
    role: 'collector',
    instance,
    at: clock.now(),
    counters,
    histograms: {},
  });
  const speak = (name: string, counters: Record<string, number> = {}, before: Record<string, number> = {}) =>
    told.speaking.push({ report: report(name, counters), before: report(name, before) });
  const open = (code: string, subject: string, ageMs = 60_000) =>
    ({ code, subject, startedAt: clock.now() - ageMs }) as StoredAlert;
  const look = async (alerts: StoredAlert[] = []) =>
    ((await source.look(alerts)) ?? []).map(({ code, subject, truth }) => `${truth} ${code} ${subject}`.trim());
  return { clock, told, source, report, speak, open, look };
}

test('a spool that is stalled, almost full or dropping, and a kernel that drops, are told of by collector', async () => {
  const { speak, look } = await world();
  const dropped = 'samples_dropped_total{reason="spool_full"}';
  const kernel = 'syslog_dropped_total{transport="udp",reason="kernel"}';
  speak('a/1', { spool_load: 0.95, spool_stalled_seconds: 40, log_spool_load: 0.1, log_spool_stalled_seconds: 0 });
  speak('a/2', { [dropped]: 7, [kernel]: 3 }, { [dropped]: 5, [kernel]: 3 });
  speak('a/3', { 'samples_dropped_total{reason="infinite"}': 9, [kernel]: 4 }, { [kernel]: 1 });
  assert.deepEqual(await look(), [
    'holds spool_stalled a/1: spool',
    'holds spool_full a/1: spool',
    'holds spool_dropping a/2',
    'holds kernel_drops a/3',
  ]);
});

test('a counter of a process that has just begun to tell, or started anew, is no growth', async () => {
  const { told, report, speak, look } = await world();
  const dropped = 'samples_dropped_total{reason="spool_full"}';
  told.speaking.push({ report: report('a/1', { [dropped]: 7 }), before: undefined });
  speak('a/2', { [dropped]: 2 }, { [dropped]: 5 });
  assert.deepEqual(await look(), []);
});

test('of a collector that is silent nobody knows its spool; that none is left is an alert of its own', async () => {
  const { told, report, open, look } = await world();
  told.silent.push(report('a/1'));
  assert.deepEqual(await look([open('spool_full', 'a/1: spool'), open('kernel_drops', 'a/1')]), [
    'holds no_collector',
    'holds collector_silent a/1',
    'unknown spool_full a/1: spool',
    'unknown kernel_drops a/1',
  ]);
});

test('a hub that has just started concludes nothing, and does not forget a collector that it never heard', async () => {
  const { speak, open, look } = await world();
  assert.equal(await processConditions({ book: {} as ProcessBook, clock: createFakeClock() }).look([]), null);
  speak('a/2');
  assert.deepEqual(await look([open('collector_silent', 'a/1')]), ['unknown collector_silent a/1']);
  assert.deepEqual(await look([open('collector_silent', 'a/1', 25 * 3_600_000)]), [], 'for a day');
  assert.deepEqual(await look([open('collector_silent', 'a/2')]), [], 'it speaks again');
});
