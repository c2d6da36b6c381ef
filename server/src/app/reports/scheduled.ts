import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Report } from '@sotp/contract/reports.ts';
import type { Config } from '#app/config/load.ts';
import { keepNewest, keptName } from '#app/kept-files.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { RecurringJob } from '#services/fleet/recurring.ts';
import { deliverReport } from '#services/reporting/delivery.ts';
import type { DeliveryDeps } from '#services/reporting/delivery.ts';
import { reportHtml } from '#services/reporting/html.ts';
import { settlesIn } from '#services/reporting/period.ts';
import type { Reports } from '#services/reporting/reports.ts';

/** Writes a report into files beside those before it, and removes the oldest; answers the page, and how many reports went. */
function keepReport(dir: string, report: Report, keep: number): { file: string; removed: number } {
  const base = join(dir, `${keptName(Date.parse(report.madeAt))}.report`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [form, text] of [
      ['json', `${JSON.stringify(report)}\n`],
      ['html', reportHtml(report)],
    ] as const) {
      const draft = `${base}.${form}.part`;
      writeFileSync(draft, text, { mode: 0o600 });
      renameSync(draft, `${base}.${form}`);
    }
    return { file: `${base}.html`, removed: keepNewest(dir, ['report.html', 'report.json'], keep) };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    const sentence = `The report cannot be written into ${dir} (${code}): let SOTP write there, make room, or set report.dir.`;
    throw new AppError(code === 'ENOSPC' ? 'disk_full' : 'data_dir_unwritable', sentence, { cause });
  }
}

export interface ScheduledReportsDeps extends DeliveryDeps {
  readonly config: Config;
  readonly reports: Reports;
  readonly clock: Clock;
}

/** Reports by the clock, as configured; none when no schedule is set. Each is kept first, and then sent. */
export function scheduledReports({ config, reports, outbox, bus, clock }: ScheduledReportsDeps): RecurringJob[] {
  const { schedule, days, channels, keep } = config.report;
  if (schedule === undefined) return [];
  const dir = config.report.dir === undefined ? join(config.dataDir, 'reports') : resolve(config.report.dir);
  return [
    {
      kind: 'report',
      title: 'Report',
      cron: schedule,
      async run(signal) {
        // A schedule at the full hour means the time up to then: what was polled last is on its way yet.
        const settlesInMs = settlesIn(clock.now());
        if (settlesInMs > 0) await clock.sleep(settlesInMs, signal);
        const report = await reports.make(days, signal);
        const kept = keepReport(dir, report, keep);
        try {
          await deliverReport({ outbox, bus }, channels, report, clock.now());
        } catch (thrown) {
          if (!(thrown instanceof AppError)) throw thrown;
          const { code, message, retryable, details } = thrown;
          throw new AppError(code, `${message} It is kept as ${kept.file}.`, { cause: thrown, retryable, details });
        }
        const { from, to, devices, availability, polls, alerts } = report;
        return {
          ...kept,
          from,
          to,
          devices: devices.counted,
          upPercent: availability?.upPercent ?? null,
          unknownPercent: availability?.unknownPercent ?? null,
          pollsMissed: polls.missed,
          alerts: alerts.critical + alerts.warning,
          sentTo: channels,
        };
      },
    },
  ];
}
