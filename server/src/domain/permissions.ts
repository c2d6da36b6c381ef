import { BUILT_IN_ROLES, PERMISSIONS } from '@sotp/contract/access.ts';
import type { Permission, RoleName, Scope } from '@sotp/contract/access.ts';

const VIEWER: readonly Permission[] = ['devices:read', 'metrics:read', 'logs:read', 'alerts:read'];
const OPERATOR: readonly Permission[] = [
  ...VIEWER,
  'devices:write',
  'devices:poll',
  'credentials:read',
  'credentials:write',
  'alerts:write',
  'tokens:write',
  'system:read',
];

/** What each built-in role may do; every role may do all that the weaker ones may. */
export const ROLE_PERMISSIONS: Readonly<Record<RoleName, readonly Permission[]>> = {
  viewer: VIEWER,
  operator: OPERATOR,
  admin: PERMISSIONS,
};

/** What concerns all of SOTP and not one site: withheld from whoever sees only some sites, whatever the role. */
const BEYOND_SITES: readonly Permission[] = ['users:read', 'users:write', 'audit:read', 'system:write'];

/** Somebody as far as permissions are concerned. */
export interface Holder {
  readonly role: RoleName;
  readonly scope: Scope | null;
}

/** All that somebody may do. */
export function permissionsOf({ role, scope }: Holder): Permission[] {
  return ROLE_PERMISSIONS[role].filter((permission) => scope === null || !BEYOND_SITES.includes(permission));
}

/** True when somebody may do it: the one question behind every route and every live topic. */
export function may(holder: Holder, permission: Permission): boolean {
  return permissionsOf(holder).includes(permission);
}

/** The weaker of two roles: what a token may do when its owner has been demoted since. */
export function weakerRole(a: RoleName, b: RoleName): RoleName {
  return BUILT_IN_ROLES.indexOf(a) <= BUILT_IN_ROLES.indexOf(b) ? a : b;
}

/** True when a device of that site is visible; a device without a site is visible only without a scope. */
export function siteInScope(scope: Scope | null, site: string | null): boolean {
  return scope === null || (site !== null && scope.sites.includes(site));
}

/** True when `inner` grants nothing that `outer` does not. */
export function scopeWithin(inner: Scope | null, outer: Scope | null): boolean {
  if (outer === null) return true;
  return inner !== null && inner.sites.every((site) => outer.sites.includes(site));
}
