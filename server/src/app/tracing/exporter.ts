import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { spanCounters } from '#platform/tracing.ts';

/** As `ExportResultCode.SUCCESS` of `@opentelemetry/core`. */
const SUCCESS = 0;
/** A receiver that is away stays away for a while: it is told twice a minute. */
const TELL_EVERY_MS = 30_000;

/** An exporter that counts what it sent and what it could not, and says so, without the header that lets it in. */
export function countedExporter(inner: SpanExporter, { clock, log }: { clock: Clock; log: Log }) {
  let sent = 0;
  let lost = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const exporter: SpanExporter = {
    export(spans, done) {
      inner.export(spans, (result) => {
        if (result.code === SUCCESS) sent += spans.length;
        else {
          lost += spans.length;
          if (clock.monotonic() - toldAt >= TELL_EVERY_MS) {
            toldAt = clock.monotonic();
            log.warn({ err: result.error?.message, spans: spans.length }, 'traces could not be sent and are dropped');
          }
        }
        done(result);
      });
    },
    forceFlush: () => inner.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => inner.shutdown(),
  };
  return {
    exporter,
    counters: () => spanCounters(sent, lost),
  };
}
