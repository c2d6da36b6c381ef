import { z } from 'zod';
import { Instant, PageQuery } from './lists.ts';
import { Task } from './devices.ts';

/** A spool of a collector: what waits on its disk for the database. */
export const SpoolLoad = z.object({
  holds: z.enum(['samples', 'lines', 'traps']),
  bytes: z.number(),
  /** Above this, samples drop their oldest; lines and traps take no new ones. */
  maxBytes: z.number(),
  /** Dropped for want of room, since the process started and in the last ten seconds. */
  dropped: z.number(),
  droppedNow: z.number(),
});
export type SpoolLoad = z.infer<typeof SpoolLoad>;

/** How busy a collector process is, from what it last told of itself; rates are of the last ten seconds. */
export const CollectorLoad = z.object({
  toldAt: Instant,
  cpuPercent: z.number().nullable(),
  residentBytes: z.number(),
  eventLoopDelayMs: z.number(),
  pollsPerSecond: z.number().nullable(),
  pollsInFlight: z.number(),
  pollsWaiting: z.number(),
  /** How late polls begin. */
  lagP50Ms: z.number(),
  lagP99Ms: z.number(),
  /** Samples and lines that are not in the database yet, and what they take on disk. */
  spoolBacklog: z.number(),
  spoolBytes: z.number(),
  /** How long the oldest of it has waited. */
  spoolOldestSeconds: z.number(),
  spools: z.array(SpoolLoad),
  /** Samples, lines and notifications that were lost since it started, whatever for. */
  dropped: z.number(),
  /** Replies, lines and notifications that came faster than they were read, so that the kernel had no room for them. */
  kernelDropped: z.number(),
  /** Polls that were not made since it started, by reason. */
  skipped: z.record(z.string(), z.number()),
});
export type CollectorLoad = z.infer<typeof CollectorLoad>;

export const FleetCollector = z.object({
  id: z.string(),
  name: z.string(),
  pid: z.number().int(),
  /** Null: it polls devices of every site that no collector is pinned to. */
  sites: z.array(z.string()).nullable(),
  startedAt: Instant,
  partitions: z.array(z.number().int()),
  /** Null when it has not told anything yet. */
  load: CollectorLoad.nullable(),
});
export type FleetCollector = z.infer<typeof FleetCollector>;

/** A site that only collectors pinned to it poll. */
export const FleetSite = z.object({ site: z.string(), devices: z.number().int(), collectors: z.number().int() });
export type FleetSite = z.infer<typeof FleetSite>;

/** Work that comes back by the clock. */
export const RecurringWork = z.object({
  kind: z.string(),
  title: z.string(),
  /** Five fields of cron, in the time zone of the hub. */
  cron: z.string(),
  nextAt: Instant.nullable(),
  last: Task.nullable(),
});
export type RecurringWork = z.infer<typeof RecurringWork>;

export const Fleet = z.object({
  collectors: z.array(FleetCollector),
  sites: z.array(FleetSite),
  scheduler: z.object({
    /** Polls that come back: one per device and collector. */
    entries: z.number().int(),
    unservedPolls: z.number().int(),
  }),
  /** Jobs of polls, in all partitions. */
  queue: z.object({ waiting: z.number().int(), running: z.number().int(), failed: z.number().int() }),
  recurring: z.array(RecurringWork),
});
export type Fleet = z.infer<typeof Fleet>;

export const SiteParams = z.object({ site: z.string().min(1).max(200) });

export const TaskQuery = PageQuery.extend({ state: Task.shape.state.optional(), kind: z.string().max(100).optional() });
export type TaskQuery = z.infer<typeof TaskQuery>;

/** Has recurring work done now. */
export const TaskStart = z.object({ kind: z.string().min(1).max(100) }).strict();
