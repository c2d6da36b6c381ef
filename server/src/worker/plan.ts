import { partitionOf, phaseOf } from '#domain/partition.ts';
import type { PollJob } from '#services/telemetry/polls.ts';

/** Of more changed devices than this the whole schedule is read. */
export const FEW_CHANGED = 1_000;

/** One (device, collector) to be polled. */
export interface PlanEntry {
  readonly deviceId: number;
  readonly collector: string;
  readonly intervalSeconds: number;
  /** 0, or the site's when it is polled locally. */
  readonly zone?: number;
}

/** Slots of the half-open time from `from` to `to`, epoch ms. */
export interface PlanWindow {
  readonly from: number;
  readonly to: number;
}

interface Group {
  readonly partition: number;
  readonly collector: string;
  readonly intervalMs: number;
  readonly deviceIds: number[];
  readonly phases: number[];
}

/** The whole schedule, ready to be asked window by window. */
export interface Plan {
  /** One job per partition that has something due, each with the instants of its own. */
  jobs(window: PlanWindow): Map<number, PollJob>;
  /** What is planned, of these devices when given; without their zones. */
  entries(deviceIds?: ReadonlySet<number>): PlanEntry[];
  /** The plan with these entries instead of what was planned of the devices; this one stays as it is. */
  replace(deviceIds: ReadonlySet<number>, entries: readonly PlanEntry[]): Plan;
  readonly size: number;
}

/**
 * Every (device, collector) has the slots `k x interval + phase` of the shared clock. They depend on nothing but their
 * names, so whoever plans, and after whatever pause, gives the same slots.
 */
export function createPlan(entries: readonly PlanEntry[], partitions: number): Plan {
  const groups = new Map<string, Group>();
  addTo(groups, entries, partitions);
  return planOf(groups, partitions);
}

function addTo(groups: Map<string, Group>, entries: readonly PlanEntry[], partitions: number): void {
  for (const entry of entries) {
    const partition = partitionOf(entry.deviceId, partitions, entry.zone);
    const intervalMs = entry.intervalSeconds * 1_000;
    const key = `${partition} ${intervalMs} ${entry.collector}`;
    let group = groups.get(key);
    if (!group) {
      group = { partition, collector: entry.collector, intervalMs, deviceIds: [], phases: [] };
      groups.set(key, group);
    }
    group.deviceIds.push(entry.deviceId);
    group.phases.push(phaseOf(entry.deviceId, entry.collector, intervalMs));
  }
}

function withoutDevices(group: Group, deviceIds: ReadonlySet<number>): Group {
  const stays = (_: number, i: number) => !deviceIds.has(group.deviceIds[i] ?? 0);
  return { ...group, deviceIds: group.deviceIds.filter(stays), phases: group.phases.filter(stays) };
}

function due(group: Group, { from, to }: PlanWindow): number[] {
  const { intervalMs, deviceIds, phases } = group;
  const items: number[] = [];
  const start = from - (from % intervalMs);
  for (let i = 0; i < deviceIds.length; i++) {
    let at = start + (phases[i] ?? 0);
    if (at < from) at += intervalMs;
    for (; at < to; at += intervalMs) items.push(deviceIds[i] ?? 0, at - from);
  }
  return items;
}

function planOf(groups: ReadonlyMap<string, Group>, partitions: number): Plan {
  return {
    size: groups.values().reduce((sum, { deviceIds }) => sum + deviceIds.length, 0),
    jobs(window) {
      const jobs = new Map<number, PollJob>();
      for (const group of groups.values()) {
        const items = due(group, window);
        if (items.length === 0) continue;
        let job = jobs.get(group.partition);
        if (!job) {
          job = { base: window.from, groups: [] };
          jobs.set(group.partition, job);
        }
        job.groups.push({ collector: group.collector, intervalMs: group.intervalMs, items });
      }
      return jobs;
    },
    entries(deviceIds) {
      const found: PlanEntry[] = [];
      for (const { deviceIds: planned, collector, intervalMs } of groups.values()) {
        for (const deviceId of planned) {
          if (deviceIds?.has(deviceId) ?? true)
            found.push({ deviceId, collector, intervalSeconds: intervalMs / 1_000 });
        }
      }
      return found;
    },
    replace(deviceIds, entries) {
      const next = new Map(groups.entries().map(([key, group]) => [key, withoutDevices(group, deviceIds)] as const));
      addTo(next, entries, partitions);
      return planOf(next, partitions);
    },
  };
}

/** How far ahead of its first instant a job is added: what the queue and the collector need to have it in hand. */
export const LEAD_MS = 1_000;

/**
 * The window to plan now, given until when it is planned already. What lies back by more than a tick is not made up
 * for, and what lies ahead by more than a plan ever reaches comes from a clock that was set back: in both cases planning
 * starts anew at the present, so that a jump costs a device one poll at most and never brings a storm.
 */
export function nextWindow(plannedUntil: number | null, now: number, tickMs: number): PlanWindow {
  const to = Math.floor(now + LEAD_MS + tickMs);
  if (plannedUntil === null || plannedUntil < now - tickMs || plannedUntil > to + tickMs) {
    return { from: Math.floor(now), to };
  }
  return { from: Math.ceil(plannedUntil), to: Math.max(to, Math.ceil(plannedUntil)) };
}

/** One job per partition that polls the given entries at once, or each so much later. */
export function immediateJobs(
  entries: readonly PlanEntry[],
  partitions: number,
  now: number,
  laterMs: (i: number) => number = () => 0,
): Map<number, PollJob> {
  const jobs = new Map<number, PollJob>();
  for (const [i, entry] of entries.entries()) {
    const partition = partitionOf(entry.deviceId, partitions, entry.zone);
    let job = jobs.get(partition);
    if (!job) {
      job = { base: Math.floor(now), groups: [], urgent: true };
      jobs.set(partition, job);
    }
    const intervalMs = entry.intervalSeconds * 1_000;
    let group = job.groups.find((known) => known.collector === entry.collector && known.intervalMs === intervalMs);
    if (!group) {
      group = { collector: entry.collector, intervalMs, items: [] };
      job.groups.push(group);
    }
    group.items.push(entry.deviceId, Math.max(0, Math.floor(laterMs(i))));
  }
  return jobs;
}
