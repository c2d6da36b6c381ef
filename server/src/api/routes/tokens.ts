import { Token, TokenCreate, TokenCreated } from '@sotp/contract/access.ts';
import { PageQuery, pageOf } from '@sotp/contract/lists.ts';
import type { Tokens } from '#services/access/tokens.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** API tokens for programs. */
export function tokenRoutes(tokens: Tokens): Route[] {
  const tag = 'tokens';
  return [
    route({
      method: 'GET',
      path: '/tokens',
      access: 'tokens:write',
      tag,
      summary: 'List API tokens: your own, or all when you manage users',
      query: PageQuery,
      output: pageOf(Token),
      handler: ({ actor, query }) => tokens.list(actor, query),
    }),
    route({
      method: 'POST',
      path: '/tokens',
      access: 'tokens:write',
      tag,
      summary: 'Create an API token; the token itself is shown this once',
      body: TokenCreate,
      output: TokenCreated,
      status: 201,
      handler: ({ actor, body }) => tokens.create(actor, body),
    }),
    route({
      method: 'DELETE',
      path: '/tokens/:id',
      access: 'tokens:write',
      tag,
      summary: 'Revoke an API token',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => tokens.remove(actor, params.id),
    }),
  ];
}
