import type { BlindReason } from '@sotp/contract/blind-spots.ts';
import type { DeviceQuery, DeviceStatus, StatusCode } from '@sotp/contract/devices.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { CredentialKind } from '@sotp/contract/credentials.ts';
import type { StoredChange } from './changes.ts';

/** A collector as stored on a device: defaults filled in, settings validated. */
export interface StoredCollector {
  readonly name: string;
  readonly intervalSeconds: number;
  readonly settings: Record<string, unknown>;
}

/** What the last run of a collector on a device said. */
export interface CollectorRun {
  readonly name: string;
  readonly up: boolean;
  /** Scheduled instant, epoch ms. */
  readonly at: number;
  readonly durationMs: number;
  readonly error: { code: ErrorCode; message: string } | null;
  readonly credentialId: string | null;
}

/** The device is being worked on: it is polled, but what the polls find is no news. Times are epoch ms. */
export interface Maintenance {
  readonly since: number;
  /** Null: until somebody ends it. */
  readonly until: number | null;
  readonly note: string | null;
}

/** The device row, its configuration, its state and the head of its facts. Times are epoch ms. */
export interface StoredDevice {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly site: string | null;
  readonly tags: readonly string[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly credentialIds: readonly number[];
  readonly collectors: readonly StoredCollector[];
  readonly parentIds: readonly number[];
  /** As of the moment of reading: what outlived its `validUntil` reads `unknown`. */
  readonly status: DeviceStatus;
  /** Why, for programs and for people; null when up. */
  readonly statusCode: StatusCode | null;
  readonly statusReason: string | null;
  readonly statusSince: number;
  /** While it is in maintenance, and when that is ahead. */
  readonly maintenance: Maintenance | null;
  readonly lastSeenAt: number | null;
  readonly runs: readonly CollectorRun[];
  readonly system: Inventory['system'];
  readonly factsAt: number | null;
}

export interface NewDevice {
  readonly name: string;
  readonly address: string;
  /** Address in normal form and SNMP port: what makes two devices the same. Unique. */
  readonly endpoint: string;
  readonly site: string | null;
  readonly tags: readonly string[];
  readonly credentialIds: readonly number[];
  readonly collectors: readonly StoredCollector[];
  readonly parentIds: readonly number[];
}

export interface DeviceChange extends Partial<NewDevice> {
  readonly disabled?: boolean;
  /** It begins now, or goes on; null ends it. */
  readonly maintenance?: Omit<Maintenance, 'since'> | null;
}

/** Only devices of these sites; undefined: all. */
export interface DeviceScope {
  readonly sites?: readonly string[];
}

/** What the scheduler needs of a device. */
export interface ScheduleRow {
  readonly deviceId: number;
  readonly collector: string;
  readonly intervalSeconds: number;
  /** Of the site, when that is polled locally; else 0. */
  readonly zone: number;
}

/** The outcome of one poll as state: written together for many devices. */
export interface StateUpdate {
  readonly deviceId: number;
  readonly run: CollectorRun;
  readonly status: Exclude<DeviceStatus, 'disabled' | 'maintenance'>;
  readonly reason: string | null;
  /** After this instant the status reads `unknown`: two intervals of the slowest collector and a grace. */
  readonly validUntil: number;
  readonly seen: boolean;
}

export interface DeviceStore {
  create(device: NewDevice): Promise<number>;
  /** All of them or, when one cannot be, none; answers their ids, in order. Throws as `create`. */
  createMany(devices: readonly NewDevice[]): Promise<number[]>;
  get(id: number): Promise<StoredDevice | undefined>;
  /** Where it is, null for nowhere; undefined when there is no such device. */
  siteOf(id: number): Promise<string | null | undefined>;
  getMany(ids: readonly number[]): Promise<StoredDevice[]>;
  byEndpoint(endpoint: string): Promise<StoredDevice | undefined>;
  /** Those that are there, by endpoint. */
  byEndpoints(endpoints: readonly string[]): Promise<Map<string, StoredDevice>>;
  list(query: DeviceQuery, scope: DeviceScope): Promise<{ items: StoredDevice[]; nextCursor: string | null }>;
  summary(scope: DeviceScope): Promise<Map<DeviceStatus, number>>;
  update(id: number, change: DeviceChange): Promise<boolean>;
  remove(id: number): Promise<boolean>;
  /** Every (device, collector) that is to be polled; of these devices alone when given. */
  schedule(deviceIds?: readonly number[]): Promise<ScheduleRow[]>;
  inventory(id: number): Promise<Inventory | undefined>;
  /** Replaces the given sections and notes what changed in them; those in `partial` a fault has cut short. */
  writeFacts(id: number, at: number, facts: Partial<Inventory>, partial?: readonly string[]): Promise<void>;
  /** How long devices have been up, where nothing else of their facts is new. */
  writeUptimes(uptimes: readonly { deviceId: number; at: number; uptimeSeconds: number }[]): Promise<void>;
  /** Facts that changed between two readings, newest first: those with ids below `before`. */
  changes(id: number, before: number | undefined, limit: number): Promise<StoredChange[]>;
  /** Removes changes from before an instant; answers how many. */
  pruneChanges(before: number, signal?: AbortSignal): Promise<number>;
  writeState(updates: readonly StateUpdate[]): Promise<{ deviceId: number; status: DeviceStatus }[]>;
}

/** Devices that are not watched for one reason: how many, and the first of them by name. */
export interface BlindDevices {
  readonly reason: BlindReason;
  readonly count: number;
  readonly devices: readonly { id: number; name: string; address: string; detail: string | null }[];
}

export interface BlindDeviceStore {
  /** Devices whose status is unknown, switched off or in maintenance, and those without a collector. */
  unwatched(scope: DeviceScope, limit: number): Promise<BlindDevices[]>;
  /** Devices that refuse their credentials, or no longer answer to them. */
  refused(scope: DeviceScope, limit: number): Promise<BlindDevices>;
}

export interface StoredCredential {
  readonly id: number;
  readonly name: string;
  readonly kind: CredentialKind;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The number of the secret in use. */
  readonly version: number;
  /** While a new secret is being rotated in: its number, and since when it is valid beside the one in use. */
  readonly next: { readonly version: number; readonly since: number } | null;
}

/** A credential, and how many use it; counting goes over all that do. */
export interface CountedCredential extends StoredCredential {
  readonly deviceCount: number;
  /** Credential sets that it is in. */
  readonly setCount: number;
}

/** Names and kinds only; the secrets are in the SecretStore, under their numbers. */
export interface CredentialStore {
  create(name: string, kind: CredentialKind): Promise<CountedCredential>;
  get(id: number): Promise<StoredCredential | undefined>;
  getCounted(id: number): Promise<CountedCredential | undefined>;
  list(after: number, limit: number): Promise<CountedCredential[]>;
  touch(id: number, name?: string): Promise<boolean>;
  /** A number for a new secret, never given before; undefined when there is no such credential. */
  newVersion(id: number): Promise<number | undefined>;
  /** From now on this secret is the one in use; a rotation that was under way is over. */
  useVersion(id: number, version: number): Promise<boolean>;
  /** Puts a secret beside the one in use, or takes it away again (null). */
  setNext(id: number, version: number | null): Promise<boolean>;
  /** Throws `conflict` when devices or sets still use it. */
  remove(id: number): Promise<boolean>;
  /** Devices whose own credential it is, and those that have answered to it. */
  devicesUsing(id: number): Promise<number[]>;
}
