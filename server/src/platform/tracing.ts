/** What a span says of itself: ids, names, counts. Never text that came from outside, never a secret. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

export interface SpanHow {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  readonly facts?: SpanFacts;
  /** A place in another process, as `here` told it: the span goes on from there. Left out: from what is under way here. */
  readonly from?: string | undefined;
  /** Places that led here too. */
  readonly alsoFrom?: readonly string[];
}

/** A span that is under way. */
export interface OpenSpan {
  /** Its place, as `Tracing.here` would tell it within. */
  readonly place: string | undefined;
  /** Calls `work`; spans that it opens, now or later, are parts of this one. */
  within<T>(work: () => T): T;
  note(facts: SpanFacts): void;
  /** With what it failed, if it did. */
  end(failure?: unknown): void;
}

/** Tells what led to what, and how long it took, to whoever collects traces. Off, it costs a call. */
export interface Tracing {
  readonly on: boolean;
  /** Runs `work` as a span; what it throws is noted and thrown on. */
  span<T>(name: string, work: (span: OpenSpan) => Promise<T>, how?: SpanHow): Promise<T>;
  open(name: string, how?: SpanHow): OpenSpan;
  /** The place where this runs (W3C `traceparent`), to go on from elsewhere; undefined outside of any span. */
  here(): string | undefined;
  /** Spans that were sent and that were not, as in `ProcessReport`. */
  counters(): Record<string, number>;
}

/** Whether what happens at a place is recorded: elsewhere it would be a part of nothing. */
export function isRecorded(place: string | undefined): place is string {
  return place?.endsWith('-01') ?? false;
}

/** The counters of spans under their public names. */
export function spanCounters(sent: number, lost: number): Record<string, number> {
  return { trace_spans_sent_total: sent, 'trace_spans_dropped_total{reason="export"}': lost };
}

const noSpan: OpenSpan = { place: undefined, within: (work) => work(), note: () => undefined, end: () => undefined };

/** Records nothing. */
export const noTracing: Tracing = {
  on: false,
  span: (_name, work) => work(noSpan),
  open: () => noSpan,
  here: () => undefined,
  counters: () => spanCounters(0, 0),
};
