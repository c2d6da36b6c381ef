import {
  CredentialSet,
  CredentialSetCreate,
  CredentialSetList,
  CredentialSetOrder,
  CredentialSetPatch,
} from '@sotp/contract/credential-sets.ts';
import type { CredentialSets } from '#services/inventory/credential-sets.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Which credentials are tried where. */
export function credentialSetRoutes(sets: CredentialSets): Route[] {
  const tag = 'credentials';
  return [
    route({
      method: 'GET',
      path: '/credential-sets',
      access: 'credentials:read',
      tag,
      summary: 'List credential sets in the order in which they are tried',
      output: CredentialSetList,
      handler: () => sets.list(),
    }),
    route({
      method: 'POST',
      path: '/credential-sets',
      access: 'credentials:write',
      tag,
      summary: 'Add a credential set behind the others',
      description: "After a device's own credentials those of every set that covers it are tried, in order.",
      body: CredentialSetCreate,
      output: CredentialSet,
      status: 201,
      handler: ({ actor, body }) => sets.create(actor, body),
    }),
    route({
      method: 'PUT',
      path: '/credential-sets/order',
      access: 'credentials:write',
      tag,
      summary: 'Put the named sets first, in this order',
      body: CredentialSetOrder,
      output: CredentialSetList,
      handler: ({ actor, body }) => sets.reorder(actor, body.ids),
    }),
    route({
      method: 'PATCH',
      path: '/credential-sets/:id',
      access: 'credentials:write',
      tag,
      summary: 'Change a credential set',
      params: IdParams,
      body: CredentialSetPatch,
      output: CredentialSet,
      handler: ({ actor, params, body }) => sets.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/credential-sets/:id',
      access: 'credentials:write',
      tag,
      summary: 'Remove a credential set; its credentials stay',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => sets.remove(actor, params.id),
    }),
  ];
}
