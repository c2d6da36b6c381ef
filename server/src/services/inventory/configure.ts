import type { CollectorConfig } from '@sotp/contract/devices.ts';
import type { CollectorModule } from '#collectors/collector.ts';
import type { StoredCollector, StoredCredential } from '#stores/devices/devices.ts';
import { fieldPath } from './fields.ts';
import type { FieldError } from './fields.ts';

/** The collectors that this SOTP has. */
export type CollectorCatalog = readonly CollectorModule[];

/** Collectors that every device gets when nobody says otherwise, where a credential fits or none is needed. */
const BY_DEFAULT = ['icmp', 'snmp'];
const SNMP_PORT = 161;

/** True when the collector can work with these credentials. */
export function collectorFits(module: CollectorModule, credentials: readonly StoredCredential[]): boolean {
  return (
    module.credentialKinds.length === 0 ||
    credentials.some((credential) => module.credentialKinds.includes(credential.kind))
  );
}

/** What a device is asked by when its collectors are left out. */
export function defaultCollectors(
  catalog: CollectorCatalog,
  credentials: readonly StoredCredential[],
): StoredCollector[] {
  const errors: FieldError[] = [];
  const fitting = catalog.filter((module) => BY_DEFAULT.includes(module.name) && collectorFits(module, credentials));
  return configureCollectors(
    catalog,
    fitting.map(({ name }) => ({ name })),
    credentials,
    errors,
  );
}

/** Checks collectors as they were sent and fills in defaults; what is wrong is added to `errors`. */
export function configureCollectors(
  catalog: CollectorCatalog,
  configs: readonly CollectorConfig[],
  credentials: readonly StoredCredential[],
  errors: FieldError[],
): StoredCollector[] {
  const stored: StoredCollector[] = [];
  for (const [index, config] of configs.entries()) {
    const at = `collectors[${index}]`;
    const module = catalog.find(({ name }) => name === config.name);
    if (!module) {
      const known = catalog.map(({ name }) => name).join(', ');
      errors.push({ path: `${at}.name`, message: `there is no collector “${config.name}”; there are: ${known}` });
      continue;
    }
    if (stored.some(({ name }) => name === module.name)) {
      errors.push({ path: `${at}.name`, message: `“${module.name}” is listed twice` });
      continue;
    }
    if (!collectorFits(module, credentials)) {
      const kinds = module.credentialKinds.join(', ');
      errors.push({ path: 'credentials', message: `the collector “${module.name}” needs a credential of: ${kinds}` });
    }
    const settings = module.settings.safeParse(config.settings ?? {});
    if (!settings.success) {
      for (const issue of settings.error.issues) {
        const below = fieldPath(issue.path);
        errors.push({ path: below ? `${at}.settings.${below}` : `${at}.settings`, message: issue.message });
      }
      continue;
    }
    stored.push({
      name: module.name,
      intervalSeconds: config.intervalSeconds ?? module.defaultIntervalSeconds,
      settings: { ...(settings.data as Record<string, unknown>) },
    });
  }
  return stored;
}

/** The UDP port of SNMP among a device's collectors: with the address it is what makes a device itself. */
export function snmpPort(collectors: readonly StoredCollector[]): number {
  const port = collectors.find(({ name }) => name === 'snmp')?.settings['port'];
  return typeof port === 'number' ? port : SNMP_PORT;
}
