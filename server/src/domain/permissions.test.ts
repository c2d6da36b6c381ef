import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { BUILT_IN_ROLES, PERMISSIONS } from '@sotp/contract/access.ts';
import type { Scope } from '@sotp/contract/access.ts';
import { ROLE_PERMISSIONS, may, permissionsOf, scopeWithin, siteInScope, weakerRole } from './permissions.ts';

test('every role may all that the weaker ones may, the administrator everything, a viewer change nothing', () => {
  for (const [index, role] of BUILT_IN_ROLES.entries()) {
    for (const weaker of BUILT_IN_ROLES.slice(0, index)) {
      for (const permission of ROLE_PERMISSIONS[weaker])
        assert.ok(may({ role, scope: null }, permission), `${role}: ${permission}`);
    }
  }
  assert.deepEqual([...ROLE_PERMISSIONS.admin].toSorted(), [...PERMISSIONS].toSorted());
  assert.ok(ROLE_PERMISSIONS.viewer.every((permission) => permission.endsWith(':read')));
  for (const permission of ['users:read', 'users:write', 'audit:read', 'system:write'] as const) {
    assert.ok(!may({ role: 'operator', scope: null }, permission), permission);
  }
});

test('who sees only some sites may nothing that concerns them all', () => {
  const held = permissionsOf({ role: 'admin', scope: { sites: ['a'] } });
  for (const permission of ['users:read', 'users:write', 'audit:read', 'system:write'] as const) {
    assert.ok(!held.includes(permission), permission);
  }
  assert.ok(held.includes('devices:write'));
});

test('the weaker of two roles is the same in whichever order', () => {
  assert.equal(weakerRole('admin', 'viewer'), 'viewer');
  assert.equal(weakerRole('operator', 'admin'), 'operator');
});

const site = fc.constantFrom('a', 'b', 'c', 'd');
const scope: fc.Arbitrary<Scope | null> = fc.option(fc.record({ sites: fc.uniqueArray(site) }));

test('a scope within another shows no device that the other hides', () => {
  fc.assert(
    fc.property(scope, scope, fc.option(site), (inner, outer, one) => {
      if (scopeWithin(inner, outer) && siteInScope(inner, one)) assert.ok(siteInScope(outer, one));
    }),
  );
  assert.ok(!scopeWithin(null, { sites: ['a'] }));
  assert.ok(!siteInScope({ sites: ['a'] }, null), 'a device without a site is nobody’s but all-seers’');
});
