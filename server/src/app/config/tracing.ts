import { z } from 'zod';
import { key } from './key.ts';

/** `name=value` with commas between, as in OTEL_EXPORTER_OTLP_HEADERS. */
const headers = z.array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+=[\t\x20-\x7e]*$/, 'a header as name=value'));

/** Keys of traces. */
export const tracing = {
  telemetry: key(
    z
      .strictObject({
        otlp: key(
          z
            .strictObject({
              endpoint: key(
                z.url({ protocol: /^https?$/, error: 'a URL like http://localhost:4318' }).optional(),
                'Where traces are sent (OTLP over HTTP, JSON; `/v1/traces` is added); without it none are made',
                { standardEnv: 'OTEL_EXPORTER_OTLP_ENDPOINT', defaultText: 'no traces' },
              ),
              headers: key(
                headers.default([]),
                'Headers of these requests: `name=value`; OTEL_EXPORTER_OTLP_HEADERS is heard too',
                {
                  secret: true,
                },
              ),
              ratio: key(
                z.number().min(0).max(1).default(0.1),
                'Share of traces that are recorded, 0 to 1; a trace is recorded whole or not at all',
              ),
            })
            .prefault({}),
          'OTLP',
        ),
      })
      .prefault({}),
    'Telemetry',
  ),
};
