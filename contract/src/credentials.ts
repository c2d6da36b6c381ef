import { z } from 'zod';
import { Id, Instant } from './lists.ts';

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

/** A credential as the API shows it: never with its secret. */
export const Credential = z.object({
  id: Id,
  name: z.string(),
  kind: CredentialKind,
  createdAt: Instant,
  updatedAt: Instant,
  deviceCount: z.number().int(),
});
export type Credential = z.infer<typeof Credential>;
export const CredentialPatch = z.object({ name: name.optional(), secret: z.unknown().optional() }).strict();
export type CredentialPatch = z.infer<typeof CredentialPatch>;
