import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Link, SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { atMost } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { OpenSpan, SpanHow, Tracing } from '#platform/tracing.ts';
import { countedExporter } from './exporter.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Spans that wait to be sent at most; a tick of ten thousand polls is a tenth of it. */
const WAITING_MAX = 16_384;
const SENT_AT_ONCE = 2_048;
const EVERY_MS = 2_000;
const SEND_MS = 10_000;
/** How long ending may take for what waits. */
const STOP_MS = 1_000;

export interface OtlpOptions {
  /** Without the path `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Share of traces that are recorded. */
  readonly ratio: number;
  /** `hub`, `collector`; told as `service.name` `sotp-hub`. */
  readonly role: string;
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tracing that has to be stopped. */
export interface OtlpTracing extends Tracing {
  stop(): Promise<void>;
}

const PLACE = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A `traceparent` (W3C Trace Context) as a place; undefined when it is none. */
export function placeOf(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = PLACE.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const place = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return trace.isSpanContextValid(place) ? place : undefined;
}

function textOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

/** Records spans and sends them, as OTLP over HTTP in JSON, to whoever collects them. Nobody waits for it. */
export function createOtlpTracing(options: OtlpOptions): OtlpTracing {
  const { endpoint, headers, ratio, role, instance, version, clock, log } = options;
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const { exporter, counters } = countedExporter(new OTLPTraceExporter({ url, headers, timeoutMillis: SEND_MS }), {
    clock,
    log,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': `sotp-${role}`,
      'service.instance.id': instance,
      'service.version': version,
    }),
    // Whoever was chosen at the beginning is followed to its end, in every process.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: WAITING_MAX,
        maxExportBatchSize: SENT_AT_ONCE,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('sotp', version);
  const here = new AsyncLocalStorage<Context>();

  function open(name: string, how: SpanHow = {}): OpenSpan {
    const from = placeOf(how.from);
    const parent = from ? trace.setSpanContext(ROOT_CONTEXT, from) : (here.getStore() ?? ROOT_CONTEXT);
    const links = (how.alsoFrom ?? []).flatMap((text): Link[] => {
      const context = placeOf(text);
      return context ? [{ context }] : [];
    });
    const span = tracer.startSpan(
      name,
      { kind: how.kind ? KINDS[how.kind] : SpanKind.INTERNAL, attributes: { ...how.facts }, links },
      parent,
    );
    const context = trace.setSpan(parent, span);
    return {
      place: textOf(span.spanContext()),
      within: (work) => here.run(context, work),
      note: (facts) => void span.setAttributes({ ...facts }),
      end(failure) {
        // The code alone: what a sentence says may have come from outside.
        if (failure !== undefined) {
          span.setAttribute('error.type', toAppError(failure).code);
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      },
    };
  }

  return {
    on: true,
    open,
    async span(name, work, how) {
      const span = open(name, how);
      try {
        const result = await span.within(() => work(span));
        span.end();
        return result;
      } catch (error) {
        span.end(error);
        throw error;
      }
    },
    here() {
      const context = here.getStore();
      const place = context && trace.getSpanContext(context);
      return place ? textOf(place) : undefined;
    },
    counters,
    async stop() {
      await atMost(
        clock,
        STOP_MS,
        provider.shutdown().catch(() => undefined),
      );
    },
  };
}
