import { ProfileReport } from '@sotp/contract/profiles.ts';
import type { Profiles } from '#services/inventory/profiles.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Folders of device profiles that the operator has added. */
export function profileRoutes(profiles: Profiles): Route[] {
  return [
    route({
      method: 'GET',
      path: '/profiles',
      access: 'system:read',
      tag: 'profiles',
      summary: 'Show the folders of device profiles, and what is wrong in their files',
      output: ProfileReport,
      handler: () => profiles.report(),
    }),
  ];
}
