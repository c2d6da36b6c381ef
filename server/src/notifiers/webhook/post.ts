import { lookup as lookupName } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { TargetGuard } from '#domain/target-guard.ts';
import { AppError } from '#platform/errors.ts';

/** Every address of a name, as the resolver of this machine knows it. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveName: Resolve = async (host) => {
  const found = await lookupName(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

export interface PostDeps {
  readonly guard: TargetGuard;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}

const RETRY_AFTER_MAX_MS = 3_600_000;

const failed = (sentence: string, options: { cause?: unknown; retryAfterMs?: number } = {}) =>
  new AppError('notification_failed', sentence, { ...options, retryable: true });

/** The URL if it may be asked for at all. */
function readTarget(text: string): URL {
  if (!URL.canParse(text)) throw new AppError('target_refused', 'The address is not a URL.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('target_refused', `The address begins with ${url.protocol}, only http: and https: are spoken.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError('target_refused', 'The address holds a user or a password before an @: leave it out.');
  }
  return url;
}

/** The address to connect to: resolved once, checked, and not asked for again. */
async function pin(url: URL, { guard, resolve }: PostDeps): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await resolve(host) : [host];
  } catch (cause) {
    throw failed(`The name ${host} cannot be resolved.`, { cause });
  }
  const [first] = addresses;
  if (first === undefined) throw failed(`The name ${host} has no address.`);
  const refused = addresses.find((address) => !guard.allows(host, address));
  if (refused !== undefined) {
    throw new AppError(
      'target_refused',
      `${host === refused ? refused : `${host} (${refused})`} is a private or local address: if it is meant, name it in the configuration, alerting.allowedTargets.`,
    );
  }
  return first;
}

/** Seconds or a date (RFC 9110, section 10.2.3) as milliseconds from now. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms)) : 0;
}

export type Method = 'POST' | 'GET';

interface Question {
  readonly method: Method;
  readonly body: string;
  readonly headers: Record<string, string>;
}

function ask(url: URL, address: string, { method, body, headers }: Question, signal: AbortSignal) {
  const family = isIP(address);
  const pinned: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method, lookup: pinned, agent: false, signal, headers }, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

/**
 * Sends JSON to an address that somebody has typed in, or nothing but the question with GET. Refused is what is not public or allowed by the guard; redirects
 * are not followed; of the answer only the status counts. Throws `target_refused` or `notification_failed`.
 */
export async function postJson(
  {
    url: text,
    method = 'POST',
    body,
    headers,
  }: { url: string; method?: Method; body: unknown; headers: Record<string, string> },
  deps: PostDeps,
  signal: AbortSignal,
): Promise<void> {
  const url = readTarget(text);
  const json = method === 'GET' ? '' : JSON.stringify(body);
  const about: Record<string, string> =
    method === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]);
  let response: IncomingMessage;
  try {
    response = await ask(url, await pin(url, deps), { method, body: json, headers: { ...headers, ...about } }, limit);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (limit.aborted && !signal.aborted) throw failed(`No answer within ${deps.timeoutMs / 1_000} s.`, { cause });
    throw failed(`The connection failed: ${cause instanceof Error ? cause.message : 'unknown reason'}.`, { cause });
  }
  // What it answers is of no interest, and may be endless.
  response.destroy();
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) throw failed(`It answers with a redirect (${status}), which is not followed.`);
  const wait = retryAfterMs(response.headers['retry-after'], Date.now());
  throw failed(`It answers with status ${status}.`, wait > 0 ? { retryAfterMs: wait } : {});
}
