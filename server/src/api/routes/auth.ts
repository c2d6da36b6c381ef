import { z } from 'zod';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Login, LoginAnswer, Me, Setup, SetupState } from '@sotp/contract/access.ts';
import { permissionsOf } from '#domain/permissions.ts';
import { AppError } from '#platform/errors.ts';
import type { Access } from '#services/access/access.ts';
import { SESSION_MAX_MS } from '#services/access/sessions.ts';
import { SESSION_COOKIE } from '#api/guard.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

export interface AuthOptions {
  access: Access;
  /** True: the cookie is only ever sent over TLS, whatever this connection is. */
  secureCookie: boolean;
}

/** Set-up, sign-in, sign-out and "who am I". */
export function authRoutes({ access, secureCookie }: AuthOptions): Route[] {
  const cookie = (request: FastifyRequest) => ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: secureCookie || request.protocol === 'https',
  });
  function setSession(request: FastifyRequest, reply: FastifyReply, session: string): void {
    reply.setCookie(SESSION_COOKIE, session, { ...cookie(request), maxAge: SESSION_MAX_MS / 1000 });
  }

  /** Before there is an administrator nobody can sign in, and no guess is right. */
  async function explainSetup(error: unknown): Promise<never> {
    const refused = error instanceof AppError && error.code === 'invalid_credentials';
    if (!refused || !(await access.setup.required())) throw error;
    const sentence = 'There is no administrator yet: open the set-up link that SOTP printed when it started.';
    throw new AppError('setup_required', sentence, { cause: error });
  }

  return [
    route({
      method: 'GET',
      path: '/auth/setup',
      access: 'public',
      tag: 'auth',
      summary: 'Whether the first administrator is still to be set up',
      output: SetupState,
      handler: async () => ({ required: await access.setup.required() }),
    }),
    route({
      method: 'POST',
      path: '/auth/setup',
      access: 'public',
      tag: 'auth',
      summary: 'Set the password of the first administrator with the one-time link, and sign in',
      body: Setup,
      output: LoginAnswer,
      async handler({ body, request, reply }) {
        const { session, user } = await access.setup.complete(body.token, body.password, request.ip);
        setSession(request, reply, session);
        return { user };
      },
    }),
    route({
      method: 'POST',
      path: '/auth/login',
      access: 'public',
      tag: 'auth',
      summary: 'Sign in; the answer sets the session cookie',
      body: Login,
      output: LoginAnswer,
      async handler({ body, request, reply }) {
        const oldSession = request.cookies[SESSION_COOKIE];
        const { session, user } = await access.signIn.signIn(body, request.ip, oldSession).catch(explainSetup);
        setSession(request, reply, session);
        return { user };
      },
    }),
    route({
      method: 'POST',
      path: '/auth/logout',
      access: 'public',
      tag: 'auth',
      summary: 'Sign out; ends the session of the cookie',
      output: null,
      async handler({ request, reply }) {
        const session = request.cookies[SESSION_COOKIE];
        if (session !== undefined) await access.signIn.signOut(session);
        reply.clearCookie(SESSION_COOKIE, cookie(request));
      },
    }),
    route({
      method: 'GET',
      path: '/auth/me',
      access: 'signed-in',
      tag: 'auth',
      summary: 'Who is signed in, and what he may do',
      output: Me,
      async handler({ actor, request }) {
        const permissions = permissionsOf(actor);
        if (request.user) return { user: request.user, permissions };
        // A token of the command line belongs to nobody: it speaks for itself.
        if (actor.userId === null) return { user: tokenAsUser(actor.name, actor.role), permissions };
        const user = await access.users.get(String(actor.userId));
        return { user: { ...user, role: actor.role }, permissions };
      },
    }),
    route({
      method: 'POST',
      path: '/auth/password',
      access: 'signed-in',
      tag: 'auth',
      summary: 'Change your own password; ends all your other sessions',
      body: z.object({ current: z.string().min(1).max(256), password: Setup.shape.password }).strict(),
      output: LoginAnswer,
      async handler({ actor, body, request, reply }) {
        if (!request.user) throw new AppError('forbidden', 'A token cannot change a password: sign in.');
        const login = { username: request.user.username, password: body.current };
        await access.signIn.confirm(login, request.ip);
        await access.users.changeOwnPassword(actor, body.password);
        const { session, user } = await access.signIn.open(request.user.id);
        setSession(request, reply, session);
        return { user };
      },
    }),
  ];
}

function tokenAsUser(username: string, role: Me['user']['role']): Me['user'] {
  const createdAt = new Date(0).toISOString();
  return { id: 'token', username, role, scope: null, disabled: false, createdAt, lastLoginAt: null };
}
