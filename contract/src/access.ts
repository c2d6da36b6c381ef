import { z } from 'zod';
import { Id, Instant, PageQuery } from './lists.ts';

/** The three built-in roles, weakest first. */
export const BUILT_IN_ROLES = ['viewer', 'operator', 'admin'] as const;
export const RoleName = z.enum(BUILT_IN_ROLES);
export type RoleName = z.infer<typeof RoleName>;

/** What a role may do; routes ask for a permission, never for a role. */
export const PERMISSIONS = [
  'devices:read',
  'devices:write',
  'devices:poll',
  'credentials:read',
  'credentials:write',
  'metrics:read',
  'logs:read',
  'alerts:read',
  'alerts:write',
  'users:read',
  'users:write',
  'tokens:write',
  'audit:read',
  'system:read',
  'system:write',
] as const;
export const Permission = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof Permission>;

/** A role as `GET /roles` shows it. */
export const Role = z.object({ name: RoleName, builtIn: z.boolean(), permissions: z.array(Permission) });
export type Role = z.infer<typeof Role>;

/** Which devices somebody may see; absent means all. */
export const Scope = z.object({ sites: z.array(z.string().max(200)).max(1000) }).strict();
export type Scope = z.infer<typeof Scope>;

export const Username = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}._@-]+$/u, 'letters, digits and . _ @ - only');
export const Password = z.string().min(8, 'at least 8 characters').max(256);

export const User = z.object({
  id: Id,
  username: z.string(),
  role: RoleName,
  scope: Scope.nullable(),
  disabled: z.boolean(),
  createdAt: Instant,
  lastLoginAt: Instant.nullable(),
});
export type User = z.infer<typeof User>;

export const UserCreate = z
  .object({ username: Username, password: Password.optional(), role: RoleName, scope: Scope.nullable().optional() })
  .strict();
export type UserCreate = z.infer<typeof UserCreate>;
export const UserPatch = z
  .object({
    password: Password.optional(),
    role: RoleName.optional(),
    scope: Scope.nullable().optional(),
    disabled: z.boolean().optional(),
  })
  .strict();
export type UserPatch = z.infer<typeof UserPatch>;

export const Login = z
  .object({
    username: z.string().min(1).max(64),
    password: z.string().min(1).max(256),
    totp: z.string().max(10).optional(),
  })
  .strict();
export type Login = z.infer<typeof Login>;

/** First start without SOTP_ADMIN_PASSWORD: the one-time link's token and the administrator's new password. */
export const Setup = z.object({ token: z.string().min(1).max(200), password: Password }).strict();
export type Setup = z.infer<typeof Setup>;
export const SetupState = z.object({ required: z.boolean() });

export const LoginAnswer = z.object({ user: User });
export const Me = z.object({ user: User, permissions: z.array(Permission) });
export type Me = z.infer<typeof Me>;

export const TokenCreate = z
  .object({ name: z.string().min(1).max(100), role: RoleName, expiresAt: Instant.optional() })
  .strict();
export type TokenCreate = z.infer<typeof TokenCreate>;
export const TokenCreated = z.object({ id: Id, token: z.string() });
export const Token = z.object({
  id: Id,
  name: z.string(),
  role: RoleName,
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
  createdBy: z.string().nullable(),
});
export type Token = z.infer<typeof Token>;

export const AuditEntry = z.object({
  id: Id,
  at: Instant,
  actor: z.string(),
  via: z.enum(['session', 'token', 'cli', 'system']),
  from: z.string().nullable(),
  action: z.string(),
  subject: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `GET /audit`: newest first. */
export const AuditQuery = PageQuery.extend({
  actor: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  subject: z.string().max(200).optional(),
});
export type AuditQuery = z.infer<typeof AuditQuery>;
