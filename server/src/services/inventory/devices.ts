import type { ChangeQuery, DeviceChange } from '@sotp/contract/changes.ts';
import type {
  Device,
  DeviceCreate,
  DevicePatch,
  DeviceQuery,
  DeviceStatus,
  DeviceSummary,
} from '@sotp/contract/devices.ts';
import { DEVICE_STATUSES } from '@sotp/contract/devices.ts';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { DeviceEvent } from '@sotp/contract/live.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { siteInScope } from '#domain/permissions.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { createRecent } from '#platform/recent.ts';
import type { Actor } from '#services/access/actor.ts';
import { difference } from '#services/access/audit.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CredentialSetStore } from '#stores/credentials/credentials.ts';
import type { CredentialStore, DeviceScope, DeviceStore, NewDevice, StoredDevice } from '#stores/devices/devices.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import type { CollectorCatalog } from './configure.ts';
import { createDraft, patchDraft, duplicateOf } from './draft.ts';
import { toDevice } from './view.ts';

/** The devices, as far as the actor's sites reach: what lies beyond does not exist for him (`not_found`). */
export interface Devices {
  create(actor: Actor, input: DeviceCreate): Promise<Device>;
  /** Devices that were checked already (`createDraft`): all of them, or none. */
  createMany(actor: Actor, drafts: readonly NewDevice[]): Promise<void>;
  get(actor: Actor, id: string): Promise<Device>;
  list(actor: Actor, query: DeviceQuery): Promise<Page<Device>>;
  summary(actor: Actor): Promise<DeviceSummary>;
  update(actor: Actor, id: string, patch: DevicePatch): Promise<Device>;
  /** Removes the device with its series. */
  remove(actor: Actor, id: string): Promise<void>;
  inventory(actor: Actor, id: string): Promise<Inventory>;
  /** Facts that changed between two readings, newest first. */
  changes(actor: Actor, id: string, query: ChangeQuery): Promise<Page<DeviceChange>>;
  /** The stored device, for other services; throws `not_found`. */
  find(actor: Actor, id: string): Promise<StoredDevice>;
}

export interface DevicesDeps {
  devices: DeviceStore;
  credentials: CredentialStore;
  sets: CredentialSetStore;
  metrics: MetricStore;
  catalog: CollectorCatalog;
  audit: Audit;
  bus: Bus;
  clock: Clock;
}

/**
 * Every open page asks how many devices have which status; it is counted once for all who ask within a second. The statuses
 * themselves hold for two intervals, and what is changed here makes a count void.
 */
const COUNTED = { ms: 1_000, max: 1_000 };

/** The part of the devices that an actor may see, for the store. */
export function deviceScope(actor: Actor): DeviceScope {
  return actor.scope === null ? {} : { sites: actor.scope.sites };
}

/** A device's configuration for the audit trail. */
function auditView(
  device: Omit<NewDevice, 'endpoint'> & Pick<StoredDevice, 'disabled' | 'maintenance'>,
): Record<string, unknown> {
  const { name, address, site, tags, disabled, maintenance, credentialIds, collectors, parentIds } = device;
  return {
    name,
    address,
    site,
    tags,
    disabled,
    maintenance,
    credentials: credentialIds,
    collectors,
    parents: parentIds,
  };
}

export function createDevices(deps: DevicesDeps): Devices {
  const { devices, metrics, audit, bus } = deps;
  const counted = createRecent<ReadonlyMap<DeviceStatus, number>>(deps.clock, COUNTED);

  async function find(actor: Actor, id: string): Promise<StoredDevice> {
    const key = parseId(id);
    const device = key === undefined ? undefined : await devices.get(key);
    if (!device || !siteInScope(actor.scope, device.site)) {
      throw new AppError('not_found', 'There is no such device.');
    }
    return device;
  }

  function tell(deviceId: number, change: DeviceEvent['change']): void {
    counted.forget();
    const event: DeviceEvent = { deviceId: String(deviceId), change };
    bus.publish(BUS_TOPICS.deviceChanged, { deviceId });
    bus.publish(BUS_TOPICS.devices, event);
  }

  /** A row that another request wrote between our look and our write is found by the store; it is named all the same. */
  async function namingDuplicates<T>(actor: Actor, endpoint: string | undefined, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (error instanceof AppError && error.code === 'duplicate_device' && endpoint !== undefined) {
        throw await duplicateOf(deps, actor, endpoint, error);
      }
      throw error;
    }
  }

  return {
    find,
    get: async (actor, id) => toDevice(await find(actor, id)),
    async create(actor, input) {
      const draft = await createDraft(deps, actor, input);
      const id = await namingDuplicates(actor, draft.endpoint, () => devices.create(draft));
      tell(id, 'created');
      const device = await find(actor, String(id));
      await audit.record(actor, 'device.create', `device/${id}`, { after: auditView(device) });
      return toDevice(device);
    },
    async createMany(actor, drafts) {
      const ids = await devices.createMany(drafts);
      for (const id of ids) tell(id, 'created');
      await audit.recordAll(
        actor,
        'device.create',
        drafts.map((draft, i) => ({
          subject: `device/${ids[i]}`,
          details: { after: auditView({ ...draft, disabled: false, maintenance: null }) },
        })),
      );
    },
    async list(actor, query) {
      const page = await devices.list(query, deviceScope(actor));
      return { items: page.items.map(toDevice), nextCursor: page.nextCursor };
    },
    async summary(actor) {
      const scope = deviceScope(actor);
      const key = JSON.stringify(scope.sites?.toSorted() ?? null);
      const counts = await counted.get(key, () => devices.summary(scope));
      const byStatus = Object.fromEntries(DEVICE_STATUSES.map((status) => [status, counts.get(status) ?? 0]));
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return { total, byStatus: byStatus as DeviceSummary['byStatus'] };
    },
    async update(actor, id, patch) {
      const before = await find(actor, id);
      const change = await patchDraft(deps, actor, before, patch);
      const there = await namingDuplicates(actor, change.endpoint, () => devices.update(before.id, change));
      if (!there) throw new AppError('not_found', 'There is no such device.');
      tell(before.id, 'updated');
      const after = await find(actor, id);
      const changes = difference(auditView(before), auditView(after));
      await audit.record(actor, 'device.update', `device/${before.id}`, { name: after.name, changes });
      return toDevice(after);
    },
    async remove(actor, id) {
      const device = await find(actor, id);
      await devices.remove(device.id);
      tell(device.id, 'removed');
      await audit.record(actor, 'device.remove', `device/${device.id}`, { before: auditView(device) });
      await metrics.removeDevice(device.id);
    },
    async inventory(actor, id) {
      const device = await find(actor, id);
      return (await devices.inventory(device.id)) ?? { ...emptyInventory(), system: device.system };
    },
    async changes(actor, id, { limit, cursor }) {
      const device = await find(actor, id);
      const rows = await devices.changes(device.id, parseCursor(cursor), limit + 1);
      return pageAfter(rows, limit, (row) => ({
        ...row,
        id: String(row.id),
        at: new Date(row.at).toISOString(),
        reversedAt: row.reversedAt === null ? null : new Date(row.reversedAt).toISOString(),
      }));
    },
  };
}
