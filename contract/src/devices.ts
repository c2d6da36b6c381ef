import { z } from 'zod';
import { Id, Instant, PageQuery } from './lists.ts';
import { ErrorCode } from './errors.ts';
import { CredentialKind, CredentialSecret } from './credentials.ts';
import { DEVICE_STATUSES, DeviceStatus, StatusCode } from './device-status.ts';

export { DEVICE_STATUSES, DeviceStatus, StatusCode };

// A name or an IPv4 address; or hexadecimal groups with at least two colons, which an address with a port has not.
const ADDRESS =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$|^[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?$/;
const ZONE = /%[A-Za-z0-9_.-]+$/;
const isAddress = (text: string) => !text.includes(':') || z.ipv6().safeParse(text.replace(ZONE, '')).success;

/** A DNS name, an IPv4 or an IPv6 address; never a URL, never with a port. */
export const Address = z
  .string()
  .trim()
  .min(1)
  .max(253)
  .regex(ADDRESS, 'a host name, an IPv4 or an IPv6 address, without a port')
  .refine(isAddress, 'not a valid IPv6 address');

export const CollectorConfig = z
  .object({
    name: z.string().min(1).max(50),
    intervalSeconds: z.number().int().min(1).max(86_400).optional(),
    settings: z.record(z.string(), z.unknown()).optional(),
  })
  .strict();
export type CollectorConfig = z.infer<typeof CollectorConfig>;

/** A collector as configured on a device, with what its last run said. */
export const CollectorState = z.object({
  name: z.string(),
  intervalSeconds: z.number().int(),
  settings: z.record(z.string(), z.unknown()),
  up: z.boolean().nullable(),
  lastRunAt: Instant.nullable(),
  durationMs: z.number().nullable(),
  error: z.object({ code: ErrorCode, message: z.string() }).nullable(),
});
export type CollectorState = z.infer<typeof CollectorState>;

const deviceName = z.string().trim().min(1).max(253);
const site = z.string().trim().max(200);
const tags = z.array(z.string().trim().min(1).max(100)).max(100);

/** A device that is being worked on is polled as ever, but its status is `maintenance` whatever the polls find. */
export const Maintenance = z.object({
  since: Instant,
  /** Null: until somebody ends it. */
  until: Instant.nullable(),
  note: z.string().nullable(),
});
export type Maintenance = z.infer<typeof Maintenance>;
const MaintenanceInput = z
  .object({
    until: Instant.refine((at) => Date.parse(at) > Date.now(), 'lies in the past').nullable(),
    note: z.string().trim().min(1).max(500).nullable().optional(),
  })
  .strict();

export const DeviceCreate = z
  .object({
    address: Address,
    name: deviceName.optional(),
    site: site.optional(),
    tags: tags.optional(),
    credentials: z.array(Id).max(20).optional(),
    collectors: z.array(CollectorConfig).max(20).optional(),
    parents: z.array(Id).max(20).optional(),
  })
  .strict();
export type DeviceCreate = z.infer<typeof DeviceCreate>;

export const DevicePatch = z
  .object({
    address: Address.optional(),
    name: deviceName.optional(),
    site: site.nullable().optional(),
    tags: tags.optional(),
    credentials: z.array(Id).max(20).optional(),
    collectors: z.array(CollectorConfig).max(20).optional(),
    parents: z.array(Id).max(20).optional(),
    disabled: z.boolean().optional(),
    /** Begins now; null ends it. */
    maintenance: MaintenanceInput.nullable().optional(),
  })
  .strict();
export type DevicePatch = z.infer<typeof DevicePatch>;

export const Device = z.object({
  id: Id,
  name: z.string(),
  address: z.string(),
  status: DeviceStatus,
  /** The same reason for programs; null when up. */
  statusCode: StatusCode.nullable(),
  /** Why the status is what it is, in one sentence; null when up. */
  statusReason: z.string().nullable(),
  statusSince: Instant,
  lastSeenAt: Instant.nullable(),
  vendor: z.string().nullable(),
  model: z.string().nullable(),
  os: z.string().nullable(),
  osVersion: z.string().nullable(),
  serial: z.string().nullable(),
  sysObjectId: z.string().nullable(),
  sysName: z.string().nullable(),
  sysDescr: z.string().nullable(),
  location: z.string().nullable(),
  contact: z.string().nullable(),
  uptimeSeconds: z.number().nullable(),
  site: z.string().nullable(),
  tags: z.array(z.string()),
  credentials: z.array(Id),
  collectors: z.array(CollectorState),
  parents: z.array(Id),
  maintenance: Maintenance.nullable(),
  createdAt: Instant,
});
export type Device = z.infer<typeof Device>;

export const DEVICE_SORTS = [
  'name',
  'address',
  'status',
  'vendor',
  'model',
  'site',
  'lastSeenAt',
  'createdAt',
] as const;
export const DeviceQuery = PageQuery.extend({
  search: z.string().max(200).optional(),
  status: DeviceStatus.optional(),
  site: z.string().max(200).optional(),
  tag: z.string().max(100).optional(),
  vendor: z.string().max(100).optional(),
  sort: z.enum(DEVICE_SORTS).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
});
export type DeviceQuery = z.infer<typeof DeviceQuery>;

/** How many devices are in each status, for the head of the page. */
export const DeviceSummary = z.object({ total: z.number().int(), byStatus: z.record(DeviceStatus, z.number().int()) });
export type DeviceSummary = z.infer<typeof DeviceSummary>;

export const ImportResult = z.object({
  created: z.number().int(),
  updated: z.number().int(),
  unchanged: z.number().int(),
  errors: z.array(z.object({ line: z.number().int(), message: z.string() })),
});
export type ImportResult = z.infer<typeof ImportResult>;

/** Try an address with credentials before it is added: stored ones by id, and one typed in. Nothing is stored. */
export const DeviceTest = z
  .object({
    address: Address,
    port: z.number().int().min(1).max(65_535).optional(),
    credentials: z.array(Id).max(20).optional(),
    credential: CredentialSecret.optional(),
    /** Where it will be: with no credential given, those of the sets that cover it are tried. */
    site: site.optional(),
  })
  .strict();
export type DeviceTest = z.infer<typeof DeviceTest>;
export const DeviceTestResult = z.object({
  /** The address after name resolution. */
  resolved: z.string().nullable(),
  checks: z.array(
    z.object({
      collector: z.string(),
      credentialId: Id.nullable(),
      ok: z.boolean(),
      /** What answered ("sw-core-1, Cisco IOS …, 14 ms") or why not. */
      message: z.string(),
      code: ErrorCode.nullable(),
      durationMs: z.number(),
    }),
  ),
  sysName: z.string().nullable(),
  sysDescr: z.string().nullable(),
  sysObjectId: z.string().nullable(),
});
export type DeviceTestResult = z.infer<typeof DeviceTestResult>;

export const Task = z.object({
  id: Id,
  kind: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  progress: z.number().min(0).max(1),
  deviceId: Id.nullable(),
  /** Null for a task about no device, and when the device is no more. */
  deviceName: z.string().nullable(),
  createdBy: z.string(),
  /** The process that does it, or did it last. */
  worker: z.string().nullable(),
  /** The task that this one repeats. */
  retryOf: Id.nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  result: z.unknown().optional(),
  error: z.object({ code: ErrorCode, message: z.string() }).optional(),
});
export type Task = z.infer<typeof Task>;
export const TaskRef = z.object({ taskId: Id });

/** A collector that this SOTP has; `settings` is the JSON Schema that forms are drawn from. */
export const CollectorInfo = z.object({
  name: z.string(),
  title: z.string(),
  defaultIntervalSeconds: z.number().int(),
  settings: z.record(z.string(), z.unknown()),
  credentialKinds: z.array(CredentialKind),
});
export type CollectorInfo = z.infer<typeof CollectorInfo>;
export const CollectorList = z.object({ items: z.array(CollectorInfo) });

/** `POST /devices/import?dryRun=true`: says what would happen and writes nothing. */
export const ImportQuery = z.object({ dryRun: z.enum(['true', 'false']).default('false') });
