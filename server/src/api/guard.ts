import type { FastifyInstance, FastifyRequest } from 'fastify';
import { may } from '#domain/permissions.ts';
import { AppError } from '#platform/errors.ts';
import type { Access, Known } from '#services/access/access.ts';
import type { AccessRule } from './route.ts';

/** The cookie that holds a session. */
export const SESSION_COOKIE = 'sotp_session';

/** Longer than any proof that is one; what is longer is not kept. */
const PROOF_MAX = 200;

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface GuardOptions {
  access: Access;
  /** Where browsers reach SOTP, when a proxy gives it another name. */
  publicUrl?: string | undefined;
}

/** The token of `Authorization: Bearer …`. */
function bearerOf(request: FastifyRequest): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
  return match?.[1];
}

function sameOrigin(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  // A browser that says where it comes from says it in both; what is missing cannot vouch for the other.
  if (origin === undefined) return site === 'same-origin';
  if (site !== undefined && site !== 'same-origin') return false;
  if (!URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  if (publicUrl !== undefined && host === new URL(publicUrl).host) return true;
  // The scheme is the browser's: behind a proxy that ends TLS we see another. It also says which port goes unsaid.
  const own = `${protocol}//${request.host}`;
  return URL.canParse(own) && new URL(own).host === host;
}

/**
 * Refuses what a foreign page may have sent: a request that changes something, or opens a WebSocket, with our cookie
 * must come from our own pages. A bearer token cannot be sent by a foreign page, so it needs no such proof.
 */
function refuseForeign(request: FastifyRequest, publicUrl: string | undefined): void {
  const changes = !SAFE.has(request.method) || request.ws;
  if (!changes || bearerOf(request) !== undefined) return;
  const fromBrowser = request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
  if (request.cookies[SESSION_COOKIE] === undefined && !fromBrowser) return;
  if (sameOrigin(request, publicUrl)) return;
  throw new AppError(
    'csrf_rejected',
    'The request did not come from a page of this SOTP (Origin). Programs should use an API token instead of the cookie.',
  );
}

/** Finds out who asks: by bearer token, else by session cookie; nobody when by neither. */
export async function identify(request: FastifyRequest, access: Access): Promise<Known> {
  const bearer = bearerOf(request);
  if (bearer !== undefined) {
    return { actor: (await access.tokens.authenticate(bearer, request.ip)) ?? null, user: null };
  }
  const session = request.cookies[SESSION_COOKIE];
  const found = session === undefined ? undefined : await access.signIn.authenticate(session, request.ip);
  return found ?? { actor: null, user: null };
}

/** `identify` for the many requests of a page: whoever was known a moment ago still is. */
function identifyAgain(request: FastifyRequest, access: Access): Promise<Known> {
  const bearer = bearerOf(request);
  const proof = bearer === undefined ? `session ${request.cookies[SESSION_COOKIE] ?? ''}` : `bearer ${bearer}`;
  if (proof.length > PROOF_MAX) return identify(request, access);
  return access.known.get(`${request.ip} ${proof}`, () => identify(request, access));
}

/** The one place where a request is let in or not. */
function authorise(request: FastifyRequest, rule: AccessRule): void {
  if (rule === 'public') return;
  const { actor } = request;
  if (!actor) {
    throw new AppError(
      'unauthenticated',
      request.headers.authorization === undefined
        ? 'Sign in first, or send an API token as “Authorization: Bearer …”.'
        : 'This API token is not known here: it was revoked, or it belongs to another SOTP.',
    );
  }
  if (rule === 'signed-in' || may(actor, rule)) return;
  throw new AppError(
    'forbidden',
    `Your role, ${actor.role}${actor.scope ? ' for some sites' : ''}, does not include “${rule}”.`,
  );
}

/** Guards every route of `app` by its access rule, before any body is read. A route without a rule is nobody's. */
export function addGuard(app: FastifyInstance, { access, publicUrl }: GuardOptions): void {
  app.decorateRequest('actor', null);
  app.decorateRequest('user', null);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    refuseForeign(request, publicUrl);
    const rule = request.routeOptions.config.access;
    if (rule === undefined) throw new AppError('forbidden', 'This route has no access rule.');
    if (rule === 'public') return;
    Object.assign(request, await identifyAgain(request, access));
    authorise(request, rule);
  });
  // What may have changed rights is over before its answer goes out: who has read that finds them changed.
  app.addHook('onSend', async (request) => {
    if (!SAFE.has(request.method)) access.known.forget();
  });
}
