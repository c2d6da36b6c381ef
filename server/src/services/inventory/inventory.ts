import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CredentialAnswerStore, CredentialSetStore } from '#stores/credentials/credentials.ts';
import type { CredentialStore, DeviceStore } from '#stores/devices/devices.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import type { PortStore } from '#stores/ports/ports.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type { TaskStore } from '#stores/tasks/tasks.ts';
import type { CollectorCatalog } from './configure.ts';
import { createCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { createCredentialSets } from './credential-sets.ts';
import type { CredentialSets } from './credential-sets.ts';
import { createCredentialUse } from './credential-use.ts';
import type { CredentialUse } from './credential-use.ts';
import { createDeviceTests } from './device-tests.ts';
import type { DeviceTests } from './device-tests.ts';
import { createDevices } from './devices.ts';
import type { Devices } from './devices.ts';
import { createDeviceImport } from './import.ts';
import type { DeviceImport } from './import.ts';
import { createOpenCollectors } from './open-collectors.ts';
import type { OpenCollectors } from './open-collectors.ts';
import { createProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';
import { createPortDecisions } from './port-decisions.ts';
import type { PortDecisions } from './port-decisions.ts';
import { createTasks } from './tasks.ts';
import type { EnqueuePoll, Tasks } from './tasks.ts';

/** Everything about devices that the API offers, put together. */
export interface InventoryServices {
  readonly devices: Devices;
  readonly credentials: Credentials;
  readonly credentialSets: CredentialSets;
  readonly credentialUse: CredentialUse;
  readonly portDecisions: PortDecisions;
  readonly deviceImport: DeviceImport;
  readonly deviceTests: DeviceTests;
  readonly tasks: Tasks;
  readonly catalog: CollectorCatalog;
  /** Opened lazily; stop it with the process. */
  readonly openCollectors: OpenCollectors;
  /** The operator's own device profiles, and what is wrong with them. */
  readonly profiles: Profiles;
}

export interface InventoryDeps {
  stores: {
    devices: DeviceStore;
    credentials: CredentialStore;
    sets: CredentialSetStore;
    answers: CredentialAnswerStore;
    ports: PortStore;
    secrets: SecretStore;
    metrics: MetricStore;
    tasks: TaskStore;
  };
  catalog: CollectorCatalog;
  audit: Audit;
  bus: Bus;
  enqueuePoll: EnqueuePoll;
  platform: { log: Log; clock: Clock; profileFolders?: readonly string[] };
}

export function createInventory(deps: InventoryDeps): InventoryServices {
  const { stores, catalog, audit, bus, enqueuePoll, platform } = deps;
  const { credentials, sets, answers, ports, secrets, metrics, tasks } = stores;
  const openCollectors = createOpenCollectors({ catalog, ...platform });
  const { clock } = platform;
  const devices = createDevices({ devices: stores.devices, credentials, sets, metrics, catalog, audit, bus, clock });
  return {
    devices,
    credentials: createCredentials({ credentials, answers, secrets, audit, bus }),
    credentialSets: createCredentialSets({ sets, credentials, audit, bus }),
    portDecisions: createPortDecisions({ devices, ports, metrics, audit, bus }),
    credentialUse: createCredentialUse({ devices, credentials, sets, answers }),
    deviceImport: createDeviceImport({
      devices: stores.devices,
      credentials,
      sets,
      catalog,
      service: devices,
      audit,
    }),
    deviceTests: createDeviceTests({
      catalog,
      open: openCollectors,
      credentials,
      sets,
      secrets,
      clock: platform.clock,
    }),
    tasks: createTasks({ tasks, devices, audit, enqueuePoll, bus }),
    catalog,
    openCollectors,
    profiles: createProfiles({ catalog, open: openCollectors }),
  };
}
