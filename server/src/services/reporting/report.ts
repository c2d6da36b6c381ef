import type { BlindSpot } from '@sotp/contract/blind-spots.ts';
import type { Availability, Report, ReportedDevice, ReportedFilesystem } from '@sotp/contract/reports.ts';
import type { AlertHistory } from '#stores/alerts/alerts.ts';
import type { StoredDevice } from '#stores/devices/devices.ts';
import { hoursBefore } from './availability.ts';
import type { FoundAvailability } from './availability.ts';
import type { Period } from './period.ts';

const WORST = 10;
const HOUR_MS = 3_600_000;
/** Less than this of an hour is what is left of adding up. */
const NOTHING = 1e-6;

const instant = (at: number) => new Date(at).toISOString();

/** Cut off at a thousandth of a percent: only what is all is 100. */
function floorPercent(share: number): number {
  return Math.floor(Math.min(1, Math.max(0, share + 1e-12)) * 100_000) / 1_000;
}

/** At least a thousandth of a percent unless it is nothing: only what is nothing is 0. */
function ceilPercent(share: number): number {
  return share < NOTHING / 1_000 ? 0 : Math.ceil(Math.min(1, share - 1e-12) * 100_000) / 1_000;
}

type Hours = Pick<FoundAvailability, 'hours' | 'up' | 'down' | 'unknown'>;

function toAvailability({ hours, up, down, unknown }: Hours): Availability {
  return {
    upPercent: floorPercent(up / hours),
    downPercent: ceilPercent(down / hours),
    unknownPercent: ceilPercent(unknown / hours),
  };
}

/** Up the least; among these down the longest. */
function byWorst(a: FoundAvailability, b: FoundAvailability): number {
  return a.up / a.hours - b.up / b.hours || b.down / b.hours - a.down / a.hours || a.device.id - b.device.id;
}

function toReportedDevice(found: FoundAvailability): ReportedDevice {
  const { device, hours, down } = found;
  const { id, name, address, site } = device;
  const downHours = Math.round(down * 100) / 100;
  return { id: String(id), name, address, site, hours, downHours, ...toAvailability(found) };
}

/** All devices together, and the worst of them: of thousands no more is kept. */
export type DeviceTally = Pick<Report, 'devices' | 'availability' | 'worst' | 'polls'>;

/** Counts devices as they come. */
export function createTally(period: Period) {
  const devices = { counted: 0, disabled: 0, tooNew: 0 };
  const total = { hours: 0, up: 0, down: 0, unknown: 0 };
  const polls = { due: 0, made: 0, answered: 0, missed: 0 };
  let worst: FoundAvailability[] = [];
  return {
    /** Those of the devices of which something can be told; the others are counted. */
    wanted(all: readonly StoredDevice[]): StoredDevice[] {
      return all.filter((device) => {
        const isNew = hoursBefore(device, period) >= (period.to - period.from) / HOUR_MS;
        if (device.disabled) devices.disabled++;
        else if (isNew) devices.tooNew++;
        return !device.disabled && !isNew;
      });
    },
    add(found: FoundAvailability): void {
      devices.counted++;
      for (const key of ['hours', 'up', 'down', 'unknown'] as const) total[key] += found[key];
      for (const key of ['due', 'made', 'answered', 'missed'] as const) polls[key] += found[key];
      if (found.hours - found.up > NOTHING) worst = [...worst, found].toSorted(byWorst).slice(0, WORST);
    },
    result: (): DeviceTally => ({
      devices,
      availability: total.hours === 0 ? null : toAvailability(total),
      worst: worst.map(toReportedDevice),
      polls,
    }),
  };
}

export interface ReportFacts {
  readonly period: Period;
  readonly days: number;
  readonly madeAt: number;
  readonly devices: DeviceTally;
  readonly alerts: AlertHistory;
  readonly filesystems: readonly ReportedFilesystem[];
  readonly blindSpots: readonly BlindSpot[];
}

/** The report that facts make. */
export function toReport(facts: ReportFacts): Report {
  const { period, days, madeAt, devices, alerts, filesystems, blindSpots } = facts;
  const { critical, warning, longest, frequent } = alerts;
  return {
    version: 1,
    madeAt: instant(madeAt),
    from: instant(period.from),
    to: instant(period.to),
    days,
    ...devices,
    alerts: {
      critical,
      warning,
      longest: longest.map(({ firedAt, resolvedAt, ...rest }) => ({
        ...rest,
        firedAt: instant(firedAt),
        resolvedAt: resolvedAt === null ? null : instant(resolvedAt),
      })),
      frequent: [...frequent],
    },
    filesystems: [...filesystems],
    blindSpots: blindSpots.map(({ reason, kind, title, count, remedy }) => ({ reason, kind, title, count, remedy })),
  };
}
