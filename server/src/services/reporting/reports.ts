import { DeviceQuery } from '@sotp/contract/devices.ts';
import type { Report } from '@sotp/contract/reports.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { systemActor } from '#services/access/actor.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import type { AlertStore } from '#stores/alerts/alerts.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import { readAvailability } from './availability.ts';
import { forecastsOf, fullestOf } from './filesystems.ts';
import type { Filesystem } from './filesystems.ts';
import { periodBefore } from './period.ts';
import { createTally, toReport } from './report.ts';

const DEVICES_AT_ONCE = 500;
/** Of each list of alerts. */
const ALERTS_SHOWN = 10;

export interface ReportsDeps {
  readonly devices: Pick<DeviceStore, 'list'>;
  readonly metrics: Pick<MetricStore, 'series' | 'range' | 'latest'>;
  readonly alerts: Pick<AlertStore, 'history'>;
  readonly blindSpots: BlindSpots;
  readonly clock: Clock;
}

/** What happened in a period, for people who were not there. */
export interface Reports {
  /** Of the days before now. Throws `conflict` while another one is being made here: it reads a good part of all that is stored. */
  make(days: number, signal?: AbortSignal): Promise<Report>;
}

export function createReports({ devices, metrics, alerts, blindSpots, clock }: ReportsDeps): Reports {
  let busy = false;

  async function make(days: number, signal?: AbortSignal): Promise<Report> {
    const period = periodBefore(clock.now(), days);
    const tally = createTally(period);
    let fullest: Filesystem[] = [];
    let cursor: string | undefined;
    do {
      const query = DeviceQuery.parse({ sort: 'createdAt', limit: DEVICES_AT_ONCE, cursor });
      const page = await devices.list(query, {});
      const wanted = tally.wanted(page.items);
      for await (const one of readAvailability(metrics, wanted, period, signal)) tally.add(one);
      fullest = await fullestOf(metrics, wanted, fullest, signal);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const madeAt = clock.now();
    const [filesystems, history, { spots }] = await Promise.all([
      forecastsOf(metrics, fullest, madeAt, signal),
      alerts.history(period.from, period.to, ALERTS_SHOWN),
      blindSpots.get(systemActor),
    ]);
    const devicesTold = tally.result();
    return toReport({ period, days, madeAt, devices: devicesTold, alerts: history, filesystems, blindSpots: spots });
  }

  return {
    async make(days, signal) {
      if (busy) {
        throw new AppError('conflict', 'A report is being made already: try again in a minute.', { retryable: true });
      }
      busy = true;
      try {
        return await make(days, signal);
      } finally {
        busy = false;
      }
    },
  };
}
