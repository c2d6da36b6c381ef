import { z } from 'zod';
import { CollectorList } from '@sotp/contract/devices.ts';
import type { CollectorInfo } from '@sotp/contract/devices.ts';
import type { CollectorCatalog } from '#services/inventory/configure.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** The ways to ask devices, with the JSON Schema of their settings: forms are drawn from it. */
export function collectorRoutes(catalog: CollectorCatalog): Route[] {
  const items = catalog.map((module): CollectorInfo => ({
    name: module.name,
    title: module.title,
    defaultIntervalSeconds: module.defaultIntervalSeconds,
    settings: z.toJSONSchema(module.settings, { io: 'input', unrepresentable: 'any' }),
    credentialKinds: [...module.credentialKinds],
  }));
  return [
    route({
      method: 'GET',
      path: '/collectors',
      access: 'devices:read',
      tag: 'collectors',
      summary: 'List collectors with the schema of their settings',
      output: CollectorList,
      handler: async () => ({ items }),
    }),
  ];
}
