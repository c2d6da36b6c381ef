import { ErrorBody } from '@sotp/contract/errors.ts';
import type { z } from 'zod';
import { AppError } from '#platform/errors.ts';
import { readLocalAccess } from './local-token.ts';

export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** JSON when left out. */
  readonly contentType?: string;
  /** A minute when left out. */
  readonly timeoutMs?: number;
}

/** The API as commands use it: errors come as AppErrors with the API's own code and sentence. */
export interface ApiClient {
  call<T>(method: string, path: string, output: z.ZodType<T>, request?: ApiRequest): Promise<T>;
  send(method: string, path: string, request?: ApiRequest): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** A client of one hub. Its token stands in the environment or a file, never on a command line. */
export function createApiClient(options: { url: string; token: string; fetch?: typeof fetch }): ApiClient {
  const request = options.fetch ?? fetch;

  async function exchange(method: string, path: string, given: ApiRequest): Promise<unknown> {
    const url = new URL(`/api/v1${path}`, options.url);
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { authorization: `Bearer ${options.token}` };
    if (given.body !== undefined) headers['content-type'] = given.contentType ?? 'application/json';
    const body = given.contentType ? String(given.body) : JSON.stringify(given.body);
    let response: Response;
    try {
      response = await request(url, {
        method,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(given.timeoutMs ?? TIMEOUT_MS),
        ...(given.body === undefined ? {} : { body }),
      });
    } catch (cause) {
      const sentence = `SOTP does not answer at ${url.origin}: start it with "sotp start", or set SOTP_URL to where it runs.`;
      throw new AppError('api_unreachable', sentence, { cause, retryable: true });
    }
    const text = await response.text();
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    const error = parseError(text);
    if (error) {
      const retryable = response.status === 503 || response.status === 429;
      throw new AppError(error.code, error.message, { details: error.details, retryable });
    }
    throw new AppError(
      'api_unreachable',
      `What answers at ${url.origin} (HTTP ${response.status}) is not SOTP: check SOTP_URL.`,
    );
  }

  return {
    async call(method, path, output, given = {}) {
      const parsed = output.safeParse(await exchange(method, path, given));
      if (parsed.success) return parsed.data;
      throw new AppError('api_unreachable', `SOTP at ${options.url} speaks another version than this command.`, {
        cause: parsed.error,
      });
    },
    async send(method, path, given = {}) {
      await exchange(method, path, given);
    },
  };
}

function parseError(text: string): ErrorBody['error'] | undefined {
  try {
    return ErrorBody.parse(JSON.parse(text)).error;
  } catch {
    return undefined;
  }
}

/**
 * A client for whoever runs a command: SOTP_URL and SOTP_TOKEN, else the hub that runs on this machine's data directory.
 * Throws `unauthenticated` with what to do when there is no token.
 */
export function connectApi(env: Readonly<Record<string, string | undefined>>, dataDir: string): ApiClient {
  const url = env['SOTP_URL'] || undefined;
  const token = env['SOTP_TOKEN'] || undefined;
  if (url !== undefined && !URL.canParse(url)) {
    throw new AppError('config_invalid', `SOTP_URL is “${url}”, which is no URL like http://127.0.0.1:8080.`);
  }
  const local = readLocalAccess(dataDir);
  if (token !== undefined) {
    return createApiClient({ url: url ?? local?.url ?? 'http://127.0.0.1:8080', token });
  }
  // The token of this machine's hub is for that hub: it must not travel to whatever SOTP_URL names.
  if (url === undefined || (local && new URL(url).origin === new URL(local.url).origin)) {
    if (local) return createApiClient(local);
  }
  if (url === undefined) {
    throw new AppError(
      'api_unreachable',
      `No SOTP runs on ${dataDir}: start it with "sotp start", name its --data-dir, or set SOTP_URL and SOTP_TOKEN.`,
    );
  }
  throw new AppError(
    'unauthenticated',
    `Set SOTP_TOKEN to an API token of ${url} ("sotp token create" makes one there).`,
  );
}
