import { z } from 'zod';
import { AppError } from '#platform/errors.ts';
import { encodePush } from './push-body.ts';
import type { PushStream } from './push-body.ts';

/** Where Loki is, and who we are to it. */
export interface LokiSettings {
  /** `http://localhost:3100` */
  readonly url: string;
  /** Sent as X-Scope-OrgID, for a Loki of several tenants. */
  readonly tenant?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const PUSH_MS = 30_000;
const QUERY_MS = 30_000;
const TOLD_MAX = 300;

const Answer = z.object({
  data: z.object({
    resultType: z.string(),
    result: z.array(z.unknown()),
  }),
});

const Stream = z.object({
  stream: z.record(z.string(), z.string()),
  values: z.array(
    z
      .tuple([z.string(), z.string()])
      .rest(z.object({ structuredMetadata: z.record(z.string(), z.string()).optional() })),
  ),
});
export type LokiStream = z.infer<typeof Stream>;

const Matrix = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.number(), z.string()])),
});
export type LokiSeries = z.infer<typeof Matrix>;

const Vector = z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) });

export interface QueryRange {
  readonly query: string;
  /** Nanoseconds; lines from start on, and before end. */
  readonly start: string;
  readonly end: string;
}

/** The parts of Loki's HTTP API that we use. */
export interface LokiClient {
  /** What Loki answers when it refuses some of it for good; undefined when it took all. Throws when it cannot take it now. */
  push(streams: readonly PushStream[]): Promise<string | undefined>;
  lines(
    range: QueryRange & { readonly limit: number; readonly direction: 'backward' | 'forward' },
    signal?: AbortSignal,
  ): Promise<LokiStream[]>;
  counts(range: QueryRange & { readonly stepSeconds: number }, signal?: AbortSignal): Promise<LokiSeries[]>;
  /** Bytes of lines by severity and day, as far as Loki knows: before it compresses them. */
  volume(range: QueryRange): Promise<LokiSeries[]>;
}

export function createLokiClient({ url, tenant, username, password }: LokiSettings): LokiClient {
  const base = url.replace(/\/+$/, '');
  const headers: Record<string, string> = { 'user-agent': 'sotp' };
  if (tenant !== undefined) headers['x-scope-orgid'] = tenant;
  if (username !== undefined) {
    headers['authorization'] = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  }

  function away(why: string, retryAfter?: string | null, cause?: unknown): AppError {
    const seconds = Number(retryAfter ?? Number.NaN);
    return new AppError('log_store_unavailable', `Loki at ${base} ${why}`, {
      retryable: true,
      cause,
      ...(seconds > 0 ? { retryAfterMs: Math.min(seconds, 300) * 1000 } : {}),
    });
  }

  async function call(path: string, init: RequestInit, timeoutMs: number, signal?: AbortSignal): Promise<Response> {
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    try {
      return await fetch(base + path, {
        ...init,
        headers: { ...headers, ...init.headers },
        signal: AbortSignal.any(signals),
        redirect: 'error',
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw away('does not answer: is it running?', null, error);
    }
  }

  const told = async (response: Response) => (await response.text().catch(() => '')).trim().slice(0, TOLD_MAX);

  async function get(path: string, params: Record<string, string>, signal?: AbortSignal): Promise<unknown> {
    const init = { headers: { 'x-loki-response-encoding-flags': 'categorize-labels' } };
    const response = await call(`${path}?${new URLSearchParams(params)}`, init, QUERY_MS, signal);
    if (response.ok) return response.json();
    const why = await told(response);
    if (response.status === 400) {
      throw new AppError('query_too_large', `Loki at ${base} refuses the query: ${why}`, { details: { status: 400 } });
    }
    throw away(`answers with status ${response.status}: ${why}`, response.headers.get('retry-after'));
  }

  return {
    async push(streams) {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(encodePush(streams)),
      };
      const response = await call('/loki/api/v1/push', init, PUSH_MS);
      const why = (await response.text().catch(() => '')).trim();
      if (response.ok) return undefined;
      // 400 is about lines: the others are taken. All else is about Loki, or about how we ask, and may be mended.
      if (response.status === 400) return why;
      const said = why.slice(0, TOLD_MAX);
      throw away(`takes no lines, with status ${response.status}: ${said}`, response.headers.get('retry-after'));
    },
    async lines({ limit, ...range }, signal) {
      const answer = Answer.parse(await get('/loki/api/v1/query_range', { ...range, limit: String(limit) }, signal));
      return z.array(Stream).parse(answer.data.result);
    },
    async counts({ stepSeconds, ...range }, signal) {
      const answer = Answer.parse(
        await get('/loki/api/v1/query_range', { ...range, step: String(stepSeconds) }, signal),
      );
      return z.array(Matrix).parse(answer.data.result);
    },
    async volume(range) {
      const params = { ...range, targetLabels: 'severity', step: '86400', limit: '100' };
      const answer = Answer.parse(await get('/loki/api/v1/index/volume_range', params));
      // One instant for a short range, else a series.
      return z
        .array(z.union([Matrix, Vector.transform(({ metric, value }) => ({ metric, values: [value] }))]))
        .parse(answer.data.result);
    },
  };
}
