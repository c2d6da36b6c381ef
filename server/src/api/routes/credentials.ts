import {
  Credential,
  CredentialCreate,
  CredentialPatch,
  CredentialUser,
  CredentialUserQuery,
  FinishRotation,
  NextSecret,
} from '@sotp/contract/credentials.ts';
import { PageQuery, pageOf } from '@sotp/contract/lists.ts';
import type { CredentialUse } from '#services/inventory/credential-use.ts';
import type { Credentials } from '#services/inventory/credentials.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Credentials for devices; secrets go in and never come out. */
export function credentialRoutes(credentials: Credentials, use: CredentialUse): Route[] {
  const tag = 'credentials';
  return [
    route({
      method: 'GET',
      path: '/credentials',
      access: 'credentials:read',
      tag,
      summary: 'List credentials, without their secrets',
      query: PageQuery,
      output: pageOf(Credential),
      handler: ({ query }) => credentials.list(query),
    }),
    route({
      method: 'POST',
      path: '/credentials',
      access: 'credentials:write',
      tag,
      summary: 'Add a credential',
      body: CredentialCreate,
      output: Credential,
      status: 201,
      handler: ({ actor, body }) => credentials.create(actor, body),
    }),
    route({
      method: 'GET',
      path: '/credentials/:id',
      access: 'credentials:read',
      tag,
      summary: 'Show a credential, without its secret',
      params: IdParams,
      output: Credential,
      handler: ({ params }) => credentials.get(params.id),
    }),
    route({
      method: 'PATCH',
      path: '/credentials/:id',
      access: 'credentials:write',
      tag,
      summary: 'Rename a credential or give it a new secret',
      params: IdParams,
      body: CredentialPatch,
      output: Credential,
      handler: ({ actor, params, body }) => credentials.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/credentials/:id',
      access: 'credentials:write',
      tag,
      summary: 'Remove a credential that no device uses',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => credentials.remove(actor, params.id),
    }),
    route({
      method: 'GET',
      path: '/credentials/:id/devices',
      access: 'credentials:read',
      tag,
      summary: 'Devices that use a credential, and when they last answered to it',
      params: IdParams,
      query: CredentialUserQuery,
      output: pageOf(CredentialUser),
      handler: ({ actor, params, query }) => use.usersOf(actor, params.id, query),
    }),
    route({
      method: 'PUT',
      path: '/credentials/:id/next',
      access: 'credentials:write',
      tag,
      summary: 'Rotate a new secret in: devices are asked with the old and the new one',
      params: IdParams,
      body: NextSecret,
      output: Credential,
      handler: ({ actor, params, body }) => credentials.rotate(actor, params.id, body.secret),
    }),
    route({
      method: 'POST',
      path: '/credentials/:id/next/finish',
      access: 'credentials:write',
      tag,
      summary: 'Drop the old secret once the devices have answered to the new one',
      params: IdParams,
      body: FinishRotation,
      output: Credential,
      handler: ({ actor, params, body }) => credentials.finishRotation(actor, params.id, body.force),
    }),
    route({
      method: 'DELETE',
      path: '/credentials/:id/next',
      access: 'credentials:write',
      tag,
      summary: 'Give a rotation up: the new secret is dropped',
      params: IdParams,
      output: Credential,
      handler: ({ actor, params }) => credentials.cancelRotation(actor, params.id),
    }),
  ];
}
