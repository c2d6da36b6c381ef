import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '@sotp/contract/reports.ts';
import type { Config } from '#app/config/load.ts';
import { resolveConfig } from '#app/config/load.ts';
import { temporaryDir } from '#app/testing/run-sotp.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { toReport } from '#services/reporting/report.ts';
import { scheduledReports } from './scheduled.ts';

const HOUR_MS = 3_600_000;
const signal = new AbortController().signal;

function reportAt(madeAt: number): Report {
  const polls = { due: 0, made: 0, answered: 0, missed: 0 };
  return toReport({
    period: { from: madeAt - HOUR_MS, to: madeAt },
    days: 7,
    madeAt,
    devices: { devices: { counted: 0, disabled: 0, tooNew: 0 }, availability: null, worst: [], polls },
    alerts: { critical: 0, warning: 0, longest: [], frequent: [] },
    filesystems: [],
    blindSpots: [],
  });
}

function world(env: Record<string, string>) {
  const config: Config = resolveConfig({ env, options: {} });
  const clock = createFakeClock(Date.UTC(2026, 10, 23, 7));
  const asked: { days: number; at: number }[] = [];
  const jobs = scheduledReports({
    config,
    reports: {
      async make(days) {
        asked.push({ days, at: clock.now() });
        return reportAt(clock.now());
      },
    },
    outbox: { addReport: async (channels) => channels.map((name) => ({ name, why: 'disabled' })) },
    bus: { publish: () => undefined },
    clock,
  });
  return { clock, asked, jobs };
}

test('without a schedule there are no reports', () => {
  assert.deepEqual(world({}).jobs, []);
});

test('a report waits for what was polled last, is kept for people and programs, and only so many are', async (t) => {
  const dir = await temporaryDir();
  t.after(dir.remove);
  const env = {
    SOTP_REPORT_SCHEDULE: '0 7 * * *',
    SOTP_REPORT_DAYS: '30',
    SOTP_REPORT_KEEP: '2',
    SOTP_DATA_DIR: dir.path,
  };
  const { clock, asked, jobs } = world(env);
  const [job] = jobs;
  assert.ok(job);
  const first = job.run(signal);
  await clock.advance(119_000);
  assert.deepEqual(asked, []);
  await clock.advance(1_000);
  const result = await first;
  assert.deepEqual(asked, [{ days: 30, at: Date.UTC(2026, 10, 23, 7, 2) }]);
  const reports = join(dir.path, 'reports');
  assert.deepEqual(readdirSync(reports), ['sotp-2026-11-23T070200.report.html', 'sotp-2026-11-23T070200.report.json']);
  assert.deepEqual(result, {
    file: join(reports, 'sotp-2026-11-23T070200.report.html'),
    removed: 0,
    from: '2026-11-23T06:02:00.000Z',
    to: '2026-11-23T07:02:00.000Z',
    devices: 0,
    upPercent: null,
    unknownPercent: null,
    pollsMissed: 0,
    alerts: 0,
    sentTo: [],
  });
  for (const more of [1, 2]) {
    await clock.advance(HOUR_MS);
    const again = job.run(signal);
    assert.equal(((await again) as { removed: number }).removed, more === 2 ? 1 : 0);
  }
  const names = readdirSync(reports);
  assert.deepEqual(names.length, 4);
  assert.ok(!names.some((name) => name.includes('T070200')));
  assert.equal((JSON.parse(readFileSync(join(reports, names[1]!), 'utf8')) as Report).version, 1);
});

test('a channel that is switched off fails the task, saying which, what to do, and where the report is', async (t) => {
  const dir = await temporaryDir();
  t.after(dir.remove);
  const env = { SOTP_REPORT_SCHEDULE: '0 7 * * *', SOTP_REPORT_CHANNELS: 'ops', SOTP_REPORT_DIR: dir.path };
  const { clock, jobs } = world(env);
  await clock.advance(HOUR_MS / 2);
  await assert.rejects(jobs[0]!.run(signal), {
    code: 'config_invalid',
    message: new RegExp(
      `“ops”: this notification channel is switched off: .*report\\.channels.* It is kept as ${dir.path}/sotp`,
    ),
  });
  assert.equal(readdirSync(dir.path).length, 2);
});

test('a directory that cannot be written says why, and what to do', async (t) => {
  const dir = await temporaryDir();
  t.after(dir.remove);
  const file = join(dir.path, 'file');
  writeFileSync(file, '');
  const { clock, jobs } = world({ SOTP_REPORT_SCHEDULE: '0 7 * * *', SOTP_REPORT_DIR: join(file, 'reports') });
  await clock.advance(HOUR_MS / 2);
  await assert.rejects(jobs[0]!.run(signal), {
    code: 'data_dir_unwritable',
    message: /file\/reports \(ENOTDIR\): .*report\.dir/,
  });
});
