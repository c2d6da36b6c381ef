import type { DeviceCreate, DevicePatch } from '@sotp/contract/devices.ts';
import { endpointOf } from '#domain/endpoint.ts';
import { candidatesOf } from '#domain/credential-sets.ts';
import { parseId } from '#domain/paging.ts';
import { siteInScope } from '#domain/permissions.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { CredentialSetStore } from '#stores/credentials/credentials.ts';
import type {
  CredentialStore,
  DeviceChange,
  DeviceStore,
  NewDevice,
  StoredCollector,
  StoredCredential,
  StoredDevice,
} from '#stores/devices/devices.ts';
import { configureCollectors, defaultCollectors, snmpPort } from './configure.ts';
import type { CollectorCatalog } from './configure.ts';
import { validationFailed } from './fields.ts';
import type { FieldError } from './fields.ts';

export interface DraftDeps {
  devices: DeviceStore;
  credentials: CredentialStore;
  sets: CredentialSetStore;
  catalog: CollectorCatalog;
}

/** `duplicate_device`, naming the device that is already there, as far as the actor may know it. */
export async function duplicateOf(
  { devices }: DraftDeps,
  actor: Actor,
  endpoint: string,
  cause?: unknown,
): Promise<AppError> {
  const existing = await devices.byEndpoint(endpoint);
  if (!existing || !siteInScope(actor.scope, existing.site)) {
    return new AppError('duplicate_device', `There is already a device at ${endpoint}, outside of your sites.`, {
      cause,
    });
  }
  return new AppError(
    'duplicate_device',
    `“${existing.name}” is already there at ${endpoint}. Change that device, or give another address or SNMP port.`,
    { cause, details: { deviceId: String(existing.id), name: existing.name, address: existing.address } },
  );
}

async function credentialsOf(
  deps: DraftDeps,
  ids: readonly string[],
  errors: FieldError[],
): Promise<StoredCredential[]> {
  const found: StoredCredential[] = [];
  for (const [index, id] of ids.entries()) {
    const key = parseId(id);
    const credential = key === undefined ? undefined : await deps.credentials.get(key);
    if (!credential) errors.push({ path: `credentials[${index}]`, message: 'there is no such credential' });
    else if (!found.some((other) => other.id === credential.id)) found.push(credential);
  }
  return found;
}

/** A device's own credentials and those of the sets that cover it: all that it may be asked with. */
async function usableCredentials(
  deps: DraftDeps,
  own: readonly StoredCredential[],
  place: { readonly address: string; readonly site: string | null },
): Promise<StoredCredential[]> {
  const usable = [...own];
  for (const { credentialId, set } of candidatesOf([], await deps.sets.list(), place)) {
    const known = usable.some(({ id }) => id === credentialId);
    const stored = known || !set ? undefined : await deps.credentials.get(credentialId);
    if (stored) usable.push(stored);
  }
  return usable;
}

async function parentsOf(
  deps: DraftDeps,
  actor: Actor,
  ids: readonly string[],
  self: number | undefined,
  errors: FieldError[],
): Promise<number[]> {
  const keys = ids.map((id) => parseId(id) ?? -1);
  const found = new Map((await deps.devices.getMany(keys)).map((device) => [device.id, device]));
  for (const [index, key] of keys.entries()) {
    const parent = found.get(key);
    if (!parent || !siteInScope(actor.scope, parent.site)) {
      errors.push({ path: `parents[${index}]`, message: 'there is no such device' });
    }
  }
  if (self !== undefined && (await leadsTo(deps.devices, keys, self))) {
    errors.push({ path: 'parents', message: 'a device cannot be behind itself' });
  }
  return [...new Set(keys)];
}

/** Whether `self` is among `ids` or above them. */
async function leadsTo(devices: DeviceStore, ids: readonly number[], self: number): Promise<boolean> {
  const seen = new Set<number>();
  let level = [...ids];
  while (level.length > 0) {
    if (level.includes(self)) return true;
    for (const id of level) seen.add(id);
    const above = (await devices.getMany(level)).flatMap((device) => device.parentIds);
    level = [...new Set(above)].filter((id) => !seen.has(id));
  }
  return false;
}

function requireSite(actor: Actor, site: string | null): void {
  if (siteInScope(actor.scope, site)) return;
  const sites = actor.scope?.sites.join(', ');
  throw new AppError('forbidden', `You may keep devices only at your own sites: ${sites || 'none'}.`);
}

function throwErrors(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw validationFailed(errors);
}

async function requireFreeEndpoint(deps: DraftDeps, actor: Actor, endpoint: string, self?: number): Promise<void> {
  const existing = await deps.devices.byEndpoint(endpoint);
  if (existing && existing.id !== self) throw await duplicateOf(deps, actor, endpoint);
}

/** A device that was sent, checked and filled in, ready to be stored. */
export async function createDraft(deps: DraftDeps, actor: Actor, input: DeviceCreate): Promise<NewDevice> {
  const errors: FieldError[] = [];
  const site = input.site || null;
  requireSite(actor, site);
  const credentials = await credentialsOf(deps, input.credentials ?? [], errors);
  const usable = await usableCredentials(deps, credentials, { address: input.address, site });
  const collectors = input.collectors
    ? configureCollectors(deps.catalog, input.collectors, usable, errors)
    : defaultCollectors(deps.catalog, usable);
  const parentIds = await parentsOf(deps, actor, input.parents ?? [], undefined, errors);
  throwErrors(errors);
  const endpoint = endpointOf(input.address, snmpPort(collectors));
  await requireFreeEndpoint(deps, actor, endpoint);
  return {
    name: input.name ?? input.address,
    address: input.address,
    endpoint,
    site,
    tags: [...new Set(input.tags)],
    credentialIds: credentials.map(({ id }) => id),
    collectors,
    parentIds,
  };
}

/** A first SNMP credential brings the snmp collector along, as it would have done when the device was added. */
function joinedCollectors(
  deps: DraftDeps,
  before: StoredDevice,
  credentials: readonly StoredCredential[],
): StoredCollector[] {
  const byDefault = defaultCollectors(deps.catalog, credentials);
  const had = new Set(before.collectors.map(({ name }) => name));
  const needsCredential = (name: string) =>
    (deps.catalog.find((module) => module.name === name)?.credentialKinds.length ?? 0) > 0;
  const added = byDefault.filter(({ name }) => !had.has(name) && needsCredential(name));
  return before.credentialIds.length > 0 ? [...before.collectors] : [...before.collectors, ...added];
}

/** When it ends, and why; the store knows when it began. */
function maintenanceOf(asked: NonNullable<DevicePatch['maintenance']> | null): DeviceChange['maintenance'] {
  if (asked === null) return null;
  return { until: asked.until === null ? null : Date.parse(asked.until), note: asked.note ?? null };
}

/** What a patch changes, checked against the device as it is. */
export async function patchDraft(
  deps: DraftDeps,
  actor: Actor,
  before: StoredDevice,
  patch: DevicePatch,
): Promise<DeviceChange> {
  const errors: FieldError[] = [];
  const site = patch.site === undefined ? before.site : patch.site || null;
  requireSite(actor, site);
  const credentials = await credentialsOf(deps, patch.credentials ?? before.credentialIds.map(String), errors);
  let collectors = [...before.collectors];
  const address = patch.address ?? before.address;
  const usable = await usableCredentials(deps, credentials, { address, site });
  if (patch.collectors) collectors = configureCollectors(deps.catalog, patch.collectors, usable, errors);
  else if (patch.credentials) collectors = joinedCollectors(deps, before, credentials);
  const parentIds = patch.parents && (await parentsOf(deps, actor, patch.parents, before.id, errors));
  throwErrors(errors);
  const endpoint = endpointOf(address, snmpPort(collectors));
  await requireFreeEndpoint(deps, actor, endpoint, before.id);
  return {
    address,
    endpoint,
    site,
    collectors,
    credentialIds: credentials.map(({ id }) => id),
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.tags === undefined ? {} : { tags: [...new Set(patch.tags)] }),
    ...(parentIds === undefined ? {} : { parentIds }),
    ...(patch.disabled === undefined ? {} : { disabled: patch.disabled }),
    ...(patch.maintenance === undefined ? {} : { maintenance: maintenanceOf(patch.maintenance) }),
  };
}
