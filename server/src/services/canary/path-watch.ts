import { lookFrom, seeCanary } from '#domain/canary-stream.ts';
import type { CanarySighting, CanaryStream } from '#domain/canary-stream.ts';
import { addLatency, emptyHistogram, quantileOf } from '#domain/latency-histogram.ts';
import type { LatencyHistogram } from '#domain/latency-histogram.ts';
import { createHistogram } from '#platform/meter.ts';
import type { HistogramReading } from '#platform/meter.ts';
import { createLateness } from './lateness.ts';
import type { Arrival } from './lateness.ts';

export type CanaryPath = 'metric' | 'log' | 'alert';

/** Upper ends of the buckets in `/metrics`, in seconds. */
export const BUCKETS_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300] as const;
const SLOT_MS = 10_000;
/** Latencies are told of the last five minutes, losses of the last hour. */
const LATENCY_MS = 300_000;
const LOSS_MS = 3_600_000;
/** Loss is looked at over a minute, and over a time so short that ten lines a second make one of them 1 %. */
const WINDOWS_MS = [8_000, 60_000] as const;
/** Whoever sends one every second and has sent none for so long did not run. */
const PAUSE_MS = 3_000;

/** What was seen and lost in one second of one stream. */
interface Second {
  readonly at: number;
  readonly stream: string;
  seen: number;
  lost: number;
}

export interface PathFigures {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The worst of any stream over the last seconds or the last minute. */
  readonly lossPercent: number;
  readonly lostLastHour: number;
  /** When the newest canary was sent that has come through. */
  readonly newestSentAt: number | null;
}

/** What has come through on one path, from all who send; times are epoch ms of one clock. */
export interface PathWatch {
  /** This process begins to look. What was sent before may have lain there for long: it says nothing about the way. */
  begin(at: number): void;
  /** `stream` names who has sent it. */
  see(stream: string, sighting: CanarySighting, seenAt: number): void;
  /** One that is known to be lost. */
  miss(stream: string, at: number): void;
  /** One that came, where nobody counts. */
  came(stream: string, sentAt: number, seenAt: number): void;
  /** Streams with the instant from which on it is worth looking. */
  positions(): Map<string, number>;
  forget(stream: string): void;
  figures(now: number): PathFigures;
  /** Of the last minute. */
  p99(now: number): number | null;
  /** Streams of which at least so much is lost now, with what to say of them. */
  losing(now: number, percent: number): { stream: string; lost: number; sent: number }[];
  counters(): Record<string, number>;
  histograms(): Record<string, HistogramReading>;
}

export function createPathWatch(path: CanaryPath): PathWatch {
  const streams = new Map<string, CanaryStream>();
  const slots = new Map<number, LatencyHistogram>();
  const losses = new Map<number, number>();
  let seconds: Second[] = [];
  let newestSentAt: number | null = null;
  const total = { seen: 0, lost: 0 };
  const latency = createHistogram(BUCKETS_SECONDS);
  const lateness = createLateness(judged);
  let beganAt: number | null = null;

  function second(stream: string, at: number): Second {
    const start = Math.floor(at / 1_000) * 1_000;
    let found = seconds.findLast((one) => one.at === start && one.stream === stream);
    if (!found) seconds.push((found = { at: start, stream, seen: 0, lost: 0 }));
    return found;
  }

  function prune(now: number): void {
    for (const at of slots.keys()) if (at < now - LATENCY_MS - SLOT_MS) slots.delete(at);
    for (const at of losses.keys()) if (at < now - LOSS_MS - SLOT_MS) losses.delete(at);
    const oldest = now - Math.max(...WINDOWS_MS) - 1_000;
    if ((seconds[0]?.at ?? now) < oldest - 10_000) seconds = seconds.filter(({ at }) => at >= oldest);
  }

  function lose(stream: string, at: number, count: number): void {
    if (count === 0) return;
    const slot = Math.floor(at / SLOT_MS) * SLOT_MS;
    losses.set(slot, (losses.get(slot) ?? 0) + count);
    second(stream, at).lost += count;
    total.lost += count;
  }

  function judged({ sentAt, seenAt }: Arrival, ms: number): void {
    if (sentAt < (beganAt ?? sentAt)) return;
    const slot = Math.floor(seenAt / SLOT_MS) * SLOT_MS;
    let histogram = slots.get(slot);
    if (!histogram) {
      slots.set(slot, (histogram = emptyHistogram()));
      prune(seenAt);
    }
    addLatency(histogram, ms);
    latency.observe(ms / 1_000);
  }

  function count(stream: string, { sentAt, seenAt }: Arrival): void {
    second(stream, seenAt).seen++;
    newestSentAt = Math.max(newestSentAt ?? sentAt, sentAt);
    total.seen++;
  }

  /** Numbers without a hole, and yet some time apart: nobody sang. */
  function notePause(stream: string, before: CanaryStream, { boot, sequence, sentAt }: CanarySighting): void {
    const to = boot > before.boot ? boot : sequence === before.next ? sentAt : 0;
    if (to - before.newestSentAt > PAUSE_MS) lateness.paused(stream, before.newestSentAt, to);
  }

  /** By stream, what was seen and lost since an instant. */
  function since(from: number): Map<string, { lost: number; sent: number }> {
    const sums = new Map<string, { lost: number; sent: number }>();
    for (const { at, stream, seen, lost } of seconds) {
      if (at <= from) continue;
      const sum = sums.get(stream) ?? { lost: 0, sent: 0 };
      sums.set(stream, { lost: sum.lost + lost, sent: sum.sent + seen + lost });
    }
    return sums;
  }

  const share = ({ lost, sent }: { lost: number; sent: number }) => (sent === 0 ? 0 : (lost / sent) * 100);
  const latencies = (from: number) => [...slots].filter(([at]) => at >= from).map(([, histogram]) => histogram);

  return {
    begin(at) {
      beganAt ??= at;
    },
    see(stream, sighting, seenAt) {
      const before = streams.get(stream);
      const news = seeCanary(before, sighting);
      streams.set(stream, news.stream);
      lose(stream, seenAt, news.lost);
      if (!news.isNew) return;
      if (before) notePause(stream, before, sighting);
      const arrival = { sentAt: sighting.sentAt, seenAt };
      count(stream, arrival);
      lateness.came(stream, arrival);
    },
    miss: (stream, at) => lose(stream, at, 1),
    came(stream, sentAt, seenAt) {
      count(stream, { sentAt, seenAt });
      judged({ sentAt, seenAt }, Math.max(0, seenAt - sentAt));
    },
    positions: () => new Map([...streams].map(([name, stream]) => [name, lookFrom(stream)])),
    forget: (stream) => void streams.delete(stream),
    figures(now) {
      lateness.settle(now);
      prune(now);
      const recent = latencies(now - LATENCY_MS);
      const worst = WINDOWS_MS.flatMap((ms) => [...since(now - ms).values()].map(share));
      return {
        p50Ms: quantileOf(recent, 0.5),
        p99Ms: quantileOf(recent, 0.99),
        lossPercent: Math.max(0, ...worst),
        lostLastHour: [...losses.values()].reduce((sum, lost) => sum + lost, 0),
        newestSentAt,
      };
    },
    p99(now) {
      lateness.settle(now);
      return quantileOf(latencies(now - 60_000 - SLOT_MS), 0.99);
    },
    losing(now, percent) {
      const found = new Map<string, { stream: string; lost: number; sent: number }>();
      for (const ms of WINDOWS_MS) {
        for (const [stream, sum] of since(now - ms)) {
          if (sum.lost > 0 && share(sum) >= percent) found.set(stream, { stream, ...sum });
        }
      }
      return [...found.values()];
    },
    counters() {
      const label = `path="${path}"`;
      return {
        [`canary_seen_total{${label}}`]: total.seen,
        [`canary_lost_total{${label}}`]: total.lost,
      };
    },
    histograms: () => ({ [`canary_latency_seconds{path="${path}"}`]: latency.reading() }),
  };
}
