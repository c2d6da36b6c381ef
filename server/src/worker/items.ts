import type { PollJob } from '#services/telemetry/polls.ts';

/** One poll of a job. */
export interface PollItem {
  readonly deviceId: number;
  readonly collector: string;
  readonly intervalMs: number;
  /** Epoch ms of the shared clock. */
  readonly at: number;
  /** When it is to begin: at its instant or a little later, together with others. */
  readonly beginAt: number;
  /** Later than this it is not made any more. */
  readonly maxLateMs: number;
  readonly urgent: boolean;
}

/** However long its interval, a poll is not made later than this. */
export const MAX_LATE_MS = 30_000;
/**
 * Polls due within so long begin together: their datagrams share system calls and wake-ups, which are most of what a poll
 * costs. Of a short interval it is a small part.
 */
const TOGETHER_MS = 250;
const TOGETHER_SHARE = 20;
/** Never made. */
const OVER = -1;

/**
 * The polls of a job in the order in which they begin. A job that is handed out again was in the hands of a process that
 * died or hung: what lies in the past may have been polled by it, so only what is still to come is done.
 */
export function jobItems(job: PollJob, attempt: number, now: number): PollItem[] {
  const items: PollItem[] = [];
  const urgent = job.urgent === true;
  for (const { collector, intervalMs, items: pairs } of job.groups) {
    const together = Math.min(TOGETHER_MS, Math.ceil(intervalMs / TOGETHER_SHARE));
    const mayBeLate = urgent ? Number.POSITIVE_INFINITY : Math.min(intervalMs / 2, MAX_LATE_MS);
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const offset = pairs[i + 1] ?? 0;
      const planned = job.base + offset;
      const maxLateMs = attempt > 1 && planned <= now ? OVER : mayBeLate;
      // An urgent poll has no slot of its own: its time is when it is made, whatever the clock of who asked for it says.
      // Many of them come one after the other.
      const at = urgent && attempt === 1 ? Math.floor(now) + offset : planned;
      const beginAt = urgent ? at : Math.ceil(at / together) * together;
      items.push({ deviceId: pairs[i] ?? 0, collector, intervalMs, at, beginAt, maxLateMs, urgent });
    }
  }
  return items.toSorted((a, b) => a.beginAt - b.beginAt);
}
