import { z } from 'zod';
import { DeviceStatus } from './device-status.ts';
import { Id, Instant, PageQuery } from './lists.ts';

const community = z.string().min(1).max(255);
export const SnmpCommunitySecret = z.object({ community }).strict();
export const SnmpV3Secret = z
  .object({
    username: z.string().min(1).max(32),
    securityLevel: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']),
    authProtocol: z.enum(['MD5', 'SHA', 'SHA224', 'SHA256', 'SHA384', 'SHA512']).optional(),
    authKey: z.string().min(8, 'RFC 3414 asks for at least 8 characters').max(255).optional(),
    privProtocol: z.enum(['DES', 'AES', 'AES192', 'AES256', 'AES192C', 'AES256C']).optional(),
    privKey: z.string().min(8, 'RFC 3414 asks for at least 8 characters').max(255).optional(),
    context: z.string().max(255).optional(),
  })
  .strict()
  .refine((s) => s.securityLevel === 'noAuthNoPriv' || (s.authProtocol && s.authKey), {
    message: 'authNoPriv and authPriv need authProtocol and authKey',
  })
  .refine((s) => s.securityLevel !== 'authPriv' || (s.privProtocol && s.privKey), {
    message: 'authPriv needs privProtocol and privKey',
  });
export type SnmpV3Secret = z.infer<typeof SnmpV3Secret>;
const sshUser = z.string().min(1).max(64);
export const SshPasswordSecret = z.object({ username: sshUser, password: z.string().min(1).max(1000) }).strict();
export const SshKeySecret = z
  .object({ username: sshUser, privateKey: z.string().min(1).max(20_000), passphrase: z.string().max(1000).optional() })
  .strict();

export const CREDENTIAL_KINDS = ['snmp-v1', 'snmp-v2c', 'snmp-v3', 'ssh-password', 'ssh-key'] as const;
export const CredentialKind = z.enum(CREDENTIAL_KINDS);
export type CredentialKind = z.infer<typeof CredentialKind>;

/** A kind and the secret that belongs to it. */
export const CredentialSecret = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snmp-v1'), secret: SnmpCommunitySecret }),
  z.object({ kind: z.literal('snmp-v2c'), secret: SnmpCommunitySecret }),
  z.object({ kind: z.literal('snmp-v3'), secret: SnmpV3Secret }),
  z.object({ kind: z.literal('ssh-password'), secret: SshPasswordSecret }),
  z.object({ kind: z.literal('ssh-key'), secret: SshKeySecret }),
]);
export type CredentialSecret = z.infer<typeof CredentialSecret>;

const name = z.string().trim().min(1).max(100);
export const CredentialCreate = z.intersection(z.object({ name }), CredentialSecret);
export type CredentialCreate = z.infer<typeof CredentialCreate>;

/** A new secret on its way to the devices: both are valid, and this many devices have answered to the new one. */
export const Rotation = z.object({ since: Instant, devices: z.number().int(), answered: z.number().int() });
export type Rotation = z.infer<typeof Rotation>;

/** A credential as the API shows it: never with its secret. */
export const Credential = z.object({
  id: Id,
  name: z.string(),
  kind: CredentialKind,
  createdAt: Instant,
  updatedAt: Instant,
  /** Devices whose own credential it is. */
  deviceCount: z.number().int(),
  setCount: z.number().int(),
  rotation: Rotation.nullable(),
});
export type Credential = z.infer<typeof Credential>;
export const CredentialPatch = z.object({ name: name.optional(), secret: z.unknown().optional() }).strict();
export type CredentialPatch = z.infer<typeof CredentialPatch>;

/** `PUT /credentials/{id}/next`: the secret that devices are given from now on, of the credential's kind. */
export const NextSecret = z.object({ secret: z.unknown() }).strict();
export type NextSecret = z.infer<typeof NextSecret>;
/** `force` drops the old secret although devices have not answered to the new one. */
export const FinishRotation = z.object({ force: z.boolean().default(false) }).strict();
export type FinishRotation = z.infer<typeof FinishRotation>;

/** Which secret of a credential something answered to. */
export const SECRETS = ['current', 'next', 'former'] as const;
export const AnsweredWith = z.enum(SECRETS);
export type AnsweredWith = z.infer<typeof AnsweredWith>;

/** A device that uses a credential: its own, or one of a set that it has answered to. */
export const CredentialUser = z.object({
  deviceId: Id,
  name: z.string(),
  address: z.string(),
  site: z.string().nullable(),
  status: DeviceStatus,
  own: z.boolean(),
  answeredWith: AnsweredWith.nullable(),
  /** Null while it has never answered. */
  answeredAt: Instant.nullable(),
});
export type CredentialUser = z.infer<typeof CredentialUser>;
export const CredentialUserQuery = PageQuery.strict();

/** A credential that a device is asked with, in the order in which they are tried. */
export const DeviceCredential = z.object({
  credentialId: Id,
  name: z.string(),
  kind: CredentialKind,
  /** The set that it comes from; null: one of the device's own. */
  set: z.string().nullable(),
  answeredWith: AnsweredWith.nullable(),
  answeredAt: Instant.nullable(),
  /** Since when it answers to this secret. */
  since: Instant.nullable(),
  /** It was the last one to answer: polls begin with it. */
  inUse: z.boolean(),
});
export type DeviceCredential = z.infer<typeof DeviceCredential>;
export const DeviceCredentialList = z.object({ items: z.array(DeviceCredential), nextCursor: z.null() });
