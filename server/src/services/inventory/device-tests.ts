import { lookup } from 'node:dns/promises';
import type { z } from 'zod';
import type { DeviceTest, DeviceTestResult } from '@sotp/contract/devices.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { CheckResult, CollectorModule, Target, TargetCredential } from '#collectors/collector.ts';
import { normalAddress } from '#domain/endpoint.ts';
import { candidatesOf } from '#domain/credential-sets.ts';
import { parseId } from '#domain/paging.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { CredentialStore, StoredCredential } from '#stores/devices/devices.ts';
import type { CredentialSetStore } from '#stores/credentials/credentials.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type { CollectorCatalog } from './configure.ts';
import { getCredentialSecret } from './credential-secret.ts';
import { validationFailed } from './fields.ts';
import type { OpenCollectors } from './open-collectors.ts';

/** Tries an address before a device is added: what speaks there, and what does not and why. */
export interface DeviceTests {
  test(input: z.infer<typeof DeviceTest>): Promise<z.infer<typeof DeviceTestResult>>;
}

export interface DeviceTestsDeps {
  catalog: CollectorCatalog;
  open: OpenCollectors;
  credentials: CredentialStore;
  sets: CredentialSetStore;
  secrets: SecretStore;
  clock: Clock;
  /** The operating system's resolver; answers an address. */
  resolve?: (name: string) => Promise<string>;
}

type Check = z.infer<typeof DeviceTestResult>['checks'][number];

const BUDGET_MS = 10_000;
/** A test asks all at once: a device must not see in it the picking of a lock. */
const MOST_FROM_SETS = 5;
/** An id for a credential that was typed in and is not stored; never leaves this file. */
const TYPED_IN = 'typed in';

/** Each test is a device of its own to the collectors, below any that is stored. */
let nextTestId = -1;

async function resolveBySystem(name: string): Promise<string> {
  return (await lookup(name, { verbatim: false })).address;
}

export function createDeviceTests(deps: DeviceTestsDeps): DeviceTests {
  const { catalog, open, clock, resolve = resolveBySystem } = deps;

  /** A stored credential as it is in use; while it is being rotated the new secret as well. */
  async function opened(stored: StoredCredential): Promise<TargetCredential[]> {
    const { id, name, next } = stored;
    const versions = [stored.version, ...(next ? [next.version] : [])];
    const values = versions.map((version) => getCredentialSecret(deps.secrets, { id, name, version }));
    return (await Promise.all(values)).map((value) => ({ id: String(id), name, value }));
  }

  /** Those of the sets that cover the device, when none was given. */
  async function fromSets({ address, site }: z.infer<typeof DeviceTest>): Promise<TargetCredential[]> {
    const found: TargetCredential[] = [];
    const candidates = candidatesOf([], await deps.sets.list(), { address, site: site || null });
    for (const { credentialId } of candidates.slice(0, MOST_FROM_SETS)) {
      const stored = await deps.credentials.get(credentialId);
      if (stored) found.push(...(await opened(stored)));
    }
    return found;
  }

  async function targetCredentials(input: z.infer<typeof DeviceTest>): Promise<TargetCredential[]> {
    if (!input.credentials && !input.credential) return fromSets(input);
    const found: TargetCredential[] = [];
    for (const [index, id] of (input.credentials ?? []).entries()) {
      const key = parseId(id);
      const stored = key === undefined ? undefined : await deps.credentials.get(key);
      if (!stored) throw validationFailed([{ path: `credentials[${index}]`, message: 'there is no such credential' }]);
      found.push(...(await opened(stored)));
    }
    if (input.credential) found.push({ id: TYPED_IN, name: 'the one typed in', value: input.credential });
    return found;
  }

  function failure(module: CollectorModule, thrown: unknown, durationMs: number): CheckResult {
    const error = toAppError(thrown);
    return { ok: false, credentialId: null, code: error.code, message: error.message, durationMs };
  }

  async function check(module: CollectorModule, target: Target, port: number | undefined): Promise<CheckResult[]> {
    const started = clock.monotonic();
    try {
      const withPort = module.settings.safeParse(port === undefined ? {} : { port });
      const settings = withPort.success ? withPort.data : module.settings.parse({});
      const collector = await open.get(module.name);
      try {
        const signal = AbortSignal.timeout(BUDGET_MS);
        return await collector.check(target, settings, { signal, budgetMs: BUDGET_MS, at: clock.now() });
      } finally {
        collector.forget(target.deviceId);
      }
    } catch (thrown) {
      const late = thrown instanceof Error && thrown.name === 'TimeoutError';
      const sentence = `${target.address} gave no answer to ${module.title} within ${BUDGET_MS / 1000} s.`;
      const error = late ? new AppError('deadline_exceeded', sentence, { cause: thrown }) : thrown;
      return [failure(module, error, clock.monotonic() - started)];
    }
  }

  return {
    async test(input) {
      const credentials = await targetCredentials(input);
      let resolved: string;
      try {
        resolved = await resolve(normalAddress(input.address));
      } catch (cause) {
        const message = `The name ${input.address} cannot be resolved: check its spelling and this machine's DNS.`;
        const none = { credentialId: null, ok: false, message, code: 'address_unresolvable' as const, durationMs: 0 };
        const checks = catalog
          .filter((module) => module.name === 'icmp')
          .map((module) => ({ collector: module.name, ...none }));
        if (checks.length === 0) throw new AppError('address_unresolvable', message, { cause });
        return { resolved: null, checks, sysName: null, sysDescr: null, sysObjectId: null };
      }
      const fits = (module: CollectorModule) =>
        module.credentialKinds.length === 0 ||
        credentials.some(({ value }) => module.credentialKinds.includes(value.kind));
      const target: Target = { deviceId: nextTestId--, address: resolved, credentials };
      const results = await Promise.all(
        catalog.filter(fits).map(async (module) => ({ module, results: await check(module, target, input.port) })),
      );
      const checks: Check[] = results.flatMap(({ module, results: answers }) =>
        answers.map(({ ok, credentialId, message, code, durationMs }) => ({
          collector: module.name,
          credentialId: credentialId === TYPED_IN ? null : credentialId,
          ok,
          message,
          code,
          durationMs,
        })),
      );
      const system: Partial<Inventory['system']> =
        results.flatMap(({ results: answers }) => answers).find((answer) => answer.ok && answer.facts?.system)?.facts
          ?.system ?? {};
      return {
        resolved,
        checks,
        sysName: system.sysName ?? null,
        sysDescr: system.sysDescr ?? null,
        sysObjectId: system.sysObjectId ?? null,
      };
    },
  };
}
