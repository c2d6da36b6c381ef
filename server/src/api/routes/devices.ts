import { z } from 'zod';
import { ChangeQuery, DeviceChange } from '@sotp/contract/changes.ts';
import { DeviceCredentialList } from '@sotp/contract/credentials.ts';
import {
  Device,
  DeviceCreate,
  DevicePatch,
  DeviceQuery,
  DeviceSummary,
  DeviceTest,
  DeviceTestResult,
  ImportQuery,
  ImportResult,
  TaskRef,
} from '@sotp/contract/devices.ts';
import { Inventory } from '@sotp/contract/inventory.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { InventoryServices } from '#services/inventory/inventory.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

const IMPORT_BYTES_MAX = 10 * 1024 * 1024;
const IMPORT_ROWS_MAX = 50_000;

/** Adding, finding, changing and trying devices. */
export function deviceRoutes({
  devices,
  deviceImport,
  deviceTests,
  tasks,
  credentialUse,
  portDecisions,
}: InventoryServices): Route[] {
  const tag = 'devices';
  return [
    route({
      method: 'GET',
      path: '/devices',
      access: 'devices:read',
      tag,
      summary: 'List devices',
      query: DeviceQuery,
      output: pageOf(Device),
      handler: ({ actor, query }) => devices.list(actor, query),
    }),
    route({
      method: 'POST',
      path: '/devices',
      access: 'devices:write',
      tag,
      summary: 'Add a device',
      description:
        'Collectors left out: icmp, and snmp where an SNMP credential is given or a credential set covers the device.',
      body: DeviceCreate,
      output: Device,
      status: 201,
      async handler({ actor, body, reply }) {
        const device = await devices.create(actor, body);
        reply.header('location', `/api/v1/devices/${device.id}`);
        return device;
      },
    }),
    route({
      method: 'GET',
      path: '/devices/summary',
      access: 'devices:read',
      tag,
      summary: 'How many devices are in each status',
      output: DeviceSummary,
      handler: ({ actor }) => devices.summary(actor),
    }),
    route({
      method: 'POST',
      path: '/devices/test',
      access: 'devices:write',
      tag,
      summary: 'Try an address with credentials; stores nothing',
      body: DeviceTest,
      output: DeviceTestResult,
      handler: ({ body }) => deviceTests.test(body),
    }),
    route({
      method: 'POST',
      path: '/devices/import',
      access: 'devices:write',
      tag,
      summary: 'Add or change many devices, from CSV or a JSON array',
      description:
        'CSV has a header line with some of: address, name, site, tags, credentials, snmpPort, parents; lists are separated by “;”. ' +
        'Each row is done as a whole or, with an error that names its line, not at all.',
      query: ImportQuery,
      body: z.union([z.string(), z.array(z.unknown()).max(IMPORT_ROWS_MAX)], {
        error: `send text/csv, or a JSON array of at most ${IMPORT_ROWS_MAX} devices`,
      }),
      consumes: ['text/csv', 'application/json'],
      bodyLimit: IMPORT_BYTES_MAX,
      output: ImportResult,
      handler({ actor, query, body }) {
        const dryRun = query.dryRun === 'true';
        if (typeof body === 'string') return deviceImport.runCsv(actor, body, dryRun);
        const rows = body.map((value, index) => ({ line: index + 1, value }));
        return deviceImport.run(actor, rows, dryRun);
      },
    }),
    route({
      method: 'GET',
      path: '/devices/:id',
      access: 'devices:read',
      tag,
      summary: 'Show a device',
      params: IdParams,
      output: Device,
      handler: ({ actor, params }) => devices.get(actor, params.id),
    }),
    route({
      method: 'PATCH',
      path: '/devices/:id',
      access: 'devices:write',
      tag,
      summary: 'Change a device',
      params: IdParams,
      body: DevicePatch,
      output: Device,
      handler: ({ actor, params, body }) => devices.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/devices/:id',
      access: 'devices:write',
      tag,
      summary: 'Remove a device with everything that was measured on it',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => devices.remove(actor, params.id),
    }),
    route({
      method: 'GET',
      path: '/devices/:id/inventory',
      access: 'devices:read',
      tag,
      summary: 'What the device says it is made of',
      params: IdParams,
      output: Inventory,
      handler: ({ actor, params }) => devices.inventory(actor, params.id),
    }),
    route({
      method: 'GET',
      path: '/devices/:id/changes',
      access: 'devices:read',
      tag,
      summary: 'Facts that changed between two readings of a device, newest first',
      params: IdParams,
      query: ChangeQuery,
      output: pageOf(DeviceChange),
      handler: ({ actor, params, query }) => devices.changes(actor, params.id, query),
    }),
    route({
      method: 'POST',
      path: '/devices/:id/changes/:change/reverse',
      access: 'devices:write',
      tag,
      summary: 'Take back what was decided about a port',
      description:
        'A port that was recognised becomes two, parted at that reading; one that was taken for new gets the history of the port that it looked like.',
      params: IdParams.extend({ change: z.string().min(1).max(64) }),
      output: null,
      handler: ({ actor, params }) => portDecisions.reverse(actor, params.id, params.change),
    }),
    route({
      method: 'GET',
      path: '/devices/:id/credentials',
      access: 'credentials:read',
      tag,
      summary: 'Credentials that a device is asked with, in order, and when it last answered to each',
      params: IdParams,
      output: DeviceCredentialList,
      handler: ({ actor, params }) => credentialUse.ofDevice(actor, params.id),
    }),
    route({
      method: 'POST',
      path: '/devices/:id/poll',
      access: 'devices:poll',
      tag,
      summary: 'Poll a device now',
      params: IdParams,
      output: TaskRef,
      status: 202,
      handler: ({ actor, params }) => tasks.poll(actor, params.id),
    }),
  ];
}
