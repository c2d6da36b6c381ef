import { z } from 'zod';
import { BUILT_IN_ROLES, Role, User, UserCreate, UserPatch } from '@sotp/contract/access.ts';
import { PageQuery, pageOf } from '@sotp/contract/lists.ts';
import { ROLE_PERMISSIONS } from '#domain/permissions.ts';
import type { Users } from '#services/access/users.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Accounts of people. */
export function userRoutes(users: Users): Route[] {
  const tag = 'users';
  return [
    route({
      method: 'GET',
      path: '/roles',
      access: 'users:read',
      tag,
      summary: 'List roles and what each may do',
      output: z.object({ items: z.array(Role) }),
      handler: async () => ({
        items: BUILT_IN_ROLES.map((name) => ({ name, builtIn: true, permissions: [...ROLE_PERMISSIONS[name]] })),
      }),
    }),
    route({
      method: 'GET',
      path: '/users',
      access: 'users:read',
      tag,
      summary: 'List users',
      query: PageQuery,
      output: pageOf(User),
      handler: ({ query }) => users.list(query),
    }),
    route({
      method: 'POST',
      path: '/users',
      access: 'users:write',
      tag,
      summary: 'Add a user',
      body: UserCreate,
      output: User,
      status: 201,
      handler: ({ actor, body }) => users.create(actor, body),
    }),
    route({
      method: 'GET',
      path: '/users/:id',
      access: 'users:read',
      tag,
      summary: 'Show a user',
      params: IdParams,
      output: User,
      handler: ({ params }) => users.get(params.id),
    }),
    route({
      method: 'PATCH',
      path: '/users/:id',
      access: 'users:write',
      tag,
      summary: 'Change a user; ends all sessions of that user',
      params: IdParams,
      body: UserPatch,
      output: User,
      handler: ({ actor, params, body }) => users.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/users/:id',
      access: 'users:write',
      tag,
      summary: 'Remove a user with all sessions and tokens',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => users.remove(actor, params.id),
    }),
  ];
}
