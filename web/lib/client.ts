import type { z } from 'zod';
import { ErrorBody } from '@sotp/contract/errors.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';

/** What the API refused, or why it could not be reached; `message` is a sentence for the operator. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: unknown;

  constructor(status: number, code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ClientOptions {
  /** Where `/api/v1` is; empty in the browser. */
  readonly base: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Client {
  get<T>(path: string, answer: z.ZodType<T>, query?: Query, signal?: AbortSignal): Promise<T>;
  send<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    answer: z.ZodType<T> | null,
  ): Promise<T>;
}

/** The only way from the web to the API: same paths on the server and in the browser, every answer checked. */
export function createClient(options: ClientOptions): Client {
  async function call<T>(path: string, init: RequestInit, answer: z.ZodType<T> | null): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${options.base}/api/v1${path}`, {
        ...init,
        cache: 'no-store',
        credentials: 'same-origin',
        headers: { accept: 'application/json', ...options.headers, ...init.headers },
      });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new ApiError(0, 'api_unreachable', 'SOTP does not answer. It may be restarting, or the network is down.');
    }
    const text = await response.text();
    if (!response.ok) throw refusal(response.status, text);
    if (answer === null) return undefined as T;
    const parsed = answer.safeParse(text === '' ? undefined : JSON.parse(text));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0];
    const what = where ? ` (${where.path.join('.')}: ${where.message})` : '';
    throw new ApiError(response.status, 'internal', `The answer to ${path} is not what this page knows${what}.`);
  }

  return {
    get: (path, answer, query, signal) => call(path + queryString(query), { method: 'GET', signal }, answer),
    send: (method, path, body, answer) =>
      call(
        path,
        body === undefined
          ? { method }
          : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
        answer,
      ),
  };
}

/** `?a=1&b=2` without what is undefined or empty. */
export function queryString(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function refusal(status: number, text: string): ApiError {
  try {
    const { error } = ErrorBody.parse(JSON.parse(text));
    return new ApiError(status, error.code, error.message, error.details);
  } catch {
    return new ApiError(status, 'internal', `SOTP answered with HTTP ${status} and no reason.`);
  }
}

/** The error as the operator should read it, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, 'internal', error instanceof Error ? error.message : 'This page failed.');
}
