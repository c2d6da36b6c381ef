import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Permission, User } from '@sotp/contract/access.ts';
import { ErrorBody } from '@sotp/contract/errors.ts';
import type { Actor } from '#services/access/actor.ts';

/** Who may call a route: anyone, anyone signed in, or whoever holds a permission. */
export type AccessRule = 'public' | 'signed-in' | Permission;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route below /api/v1 has one; a test walks them all. */
    access?: AccessRule;
  }
  interface FastifyRequest {
    /** Who asks; null on public routes without sign-in. */
    actor: Actor | null;
    /** The signed-in person; null for tokens. */
    user: User | null;
  }
}

export interface RouteContext<P, Q, B, A> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly actor: A;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface RouteDefinition<R extends AccessRule, P, Q, B, O> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below /api/v1, with `:name` for parameters. */
  readonly path: string;
  readonly access: R;
  readonly tag: string;
  /** One line for the API document. */
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** The answer's shape; null for 204 without a body. */
  readonly output: z.ZodType<O> | null;
  /** 200 when left out, 204 without output. */
  readonly status?: 200 | 201 | 202;
  /** Bytes; 1 MiB when left out. */
  readonly bodyLimit?: number;
  /** Content types of the body; JSON when left out. */
  readonly consumes?: readonly string[];
  /** For answers of a million numbers that our own code has just built: they go out without being checked again. */
  readonly trusted?: boolean;
  /** Content type of an answer that is no JSON. */
  readonly produces?: string;
  /** May answer text that is made already, whole or as it comes: see `asItComes`. */
  readonly handler: (ctx: RouteContext<P, Q, B, R extends 'public' ? Actor | null : Actor>) => Promise<O | Text>;
}

/** The body of an answer, as text. */
export class Text {
  readonly body: string | Readable;
  constructor(body: string | Readable) {
    this.body = body;
  }
}

/** An answer of up to so many characters is sent whole. */
const WHOLE_CHARACTERS = 256 * 1024;

/**
 * Text that is sent while it is being made. What goes wrong before there is much of it is answered as an error; later the
 * connection breaks off, for the status has gone out.
 */
export async function asItComes(chunks: AsyncIterable<string>): Promise<Text> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first = '';
  while (first.length < WHOLE_CHARACTERS) {
    const next = await iterator.next();
    if (next.done) return new Text(first);
    first += next.value;
  }
  async function* all() {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return new Text(Readable.from(all(), { objectMode: false }));
}

/** A route that can only be bound; made by `route`. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly access: AccessRule;
  bind(app: FastifyInstance): void;
}

/** `/devices/{id}`: an opaque id as the only parameter. */
export const IdParams = z.object({ id: z.string().min(1).max(64) });

const ERROR_SCHEMA = ErrorBody.describe('What went wrong, and what to do about it.');

/** Defines a route. Its access rule is part of the definition: a route without one does not type-check. */
export function route<R extends AccessRule, P = unknown, Q = unknown, B = unknown, O = unknown>(
  definition: RouteDefinition<R, P, Q, B, O>,
): Route {
  const { method, path, access, tag, summary, description, params, query, body, output, handler } = definition;
  const status = output === null ? 204 : (definition.status ?? 200);
  return {
    method,
    path,
    access,
    bind(app) {
      app.route({
        method: method satisfies HTTPMethods,
        url: path,
        config: { access },
        ...(definition.bodyLimit === undefined ? {} : { bodyLimit: definition.bodyLimit }),
        ...(definition.trusted ? { serializerCompiler: () => (data: unknown) => JSON.stringify(data) } : {}),
        schema: {
          tags: [tag],
          summary,
          ...(description ? { description } : {}),
          ...(definition.consumes ? { consumes: [...definition.consumes] } : {}),
          ...(access === 'public' ? { security: [] } : {}),
          ...(params ? { params } : {}),
          ...(query ? { querystring: query } : {}),
          ...(body ? { body } : {}),
          response: {
            [status]: definition.produces
              ? { content: { [definition.produces]: { schema: output } } }
              : (output ?? z.undefined().describe('Done.')),
            default: ERROR_SCHEMA,
          },
        },
        async handler(request, reply) {
          // The validator compiler has parsed all three with the schemas above; the access hook has set the actor.
          const ctx = {
            params: request.params,
            query: request.query,
            body: request.body,
            actor: request.actor,
            request,
            reply,
          } as unknown as RouteContext<P, Q, B, R extends 'public' ? Actor | null : Actor>;
          const answer = await handler(ctx);
          reply.code(status);
          if (answer instanceof Text) {
            reply.type(definition.produces ?? 'application/json; charset=utf-8');
            return answer.body;
          }
          return output === null ? reply.send() : answer;
        },
      });
    },
  };
}

export interface AddedRoute {
  readonly method: string;
  readonly url: string;
  readonly access: AccessRule | undefined;
}

const tables = new WeakMap<FastifyInstance, RouteOptions[]>();

/** Notes every route that is added to `app` from now on, in whatever scope. */
export function noteRoutes(app: FastifyInstance): void {
  const table: RouteOptions[] = [];
  tables.set(app, table);
  app.addHook('onRoute', (options) => void table.push(options));
}

/** Every route that was added since `noteRoutes`: what tests of access walk. */
export function addedRoutes(app: FastifyInstance): readonly AddedRoute[] {
  return (tables.get(app) ?? []).flatMap(({ method, url, config }) =>
    [method].flat().map((one) => ({ method: one, url, access: config?.access })),
  );
}

/** Before anyone is served: a route below `prefix` without an access rule stops the start. */
export function requireAccessRules(app: FastifyInstance, prefix: string): void {
  app.addHook('onReady', async () => {
    const forgotten = addedRoutes(app).find(({ url, access }) => url.startsWith(prefix) && access === undefined);
    if (forgotten) throw new Error(`${forgotten.method} ${forgotten.url} has no access rule`);
  });
}
