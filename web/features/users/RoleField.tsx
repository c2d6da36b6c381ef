'use client';
import { BUILT_IN_ROLES, type RoleName } from '@sotp/contract/access.ts';
import { Field, Select } from '#ui/field.tsx';

/** What each role may do, in a line. */
export const ROLE_WORDS: Record<RoleName, string> = {
  viewer: 'Viewer: sees everything, changes nothing',
  operator: 'Operator: adds and polls devices',
  admin: 'Admin: also users, tokens and credentials',
};

/** The form's field `role`. */
export function RoleField() {
  return (
    <Field label="Role">
      {(control) => (
        <Select {...control} name="role" defaultValue="viewer">
          {BUILT_IN_ROLES.map((role) => (
            <option key={role} value={role}>
              {ROLE_WORDS[role]}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
