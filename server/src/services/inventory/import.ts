import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { DeviceCreate } from '@sotp/contract/devices.ts';
import type { DevicePatch, ImportResult } from '@sotp/contract/devices.ts';
import { endpointOf } from '#domain/endpoint.ts';
import { forEachLimited } from '#platform/concurrency.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { NewDevice, StoredDevice } from '#stores/devices/devices.ts';
import { createDraft, patchDraft } from './draft.ts';
import type { DraftDeps } from './draft.ts';
import type { Devices } from './devices.ts';
import { fieldPath } from './fields.ts';
import { parseDeviceCsv } from './import-csv.ts';
import { readOnce } from './import-reads.ts';
import type { ImportRow } from './import-row.ts';

/** Many devices at once. A row whose address and SNMP port are known updates that device with what it says. */
export interface DeviceImport {
  /** Each row is done as a whole or, with an error that names its line, not at all. `dryRun` says what would happen. */
  run(actor: Actor, rows: readonly ImportRow[], dryRun: boolean): Promise<ImportResult>;
  /** The same from a CSV file; credentials are named by name or id. */
  runCsv(actor: Actor, text: string, dryRun: boolean): Promise<ImportResult>;
}

export interface DeviceImportDeps extends DraftDeps {
  service: Devices;
  audit: Audit;
}

type Step =
  | { kind: 'create'; line: number; input: DeviceCreate; draft: NewDevice }
  | { kind: 'update'; line: number; id: string; patch: DevicePatch }
  | { kind: 'unchanged'; line: number };

/** Rows worked at once: a database has more than one connection, and other requests want some too. */
const AT_ONCE = 4;
/** New devices written in one transaction. */
const CREATED_AT_ONCE = 500;
const COUNTED = { create: 'created', update: 'updated', unchanged: 'unchanged' } as const;

function sentence(thrown: unknown): string {
  const error = toAppError(thrown);
  if (error.code === 'internal' || error.code === 'database_unavailable') throw thrown;
  return error.message;
}

function zodSentence(error: z.ZodError): string {
  return error.issues.map((issue) => `${fieldPath(issue.path) || 'row'}: ${issue.message}`).join('; ');
}

function sameAsStored(before: StoredDevice, patch: DevicePatch): boolean {
  return (
    (patch.name === undefined || patch.name === before.name) &&
    (patch.site === undefined || (patch.site || null) === before.site) &&
    (patch.tags === undefined || isDeepStrictEqual(patch.tags.toSorted(), before.tags.toSorted())) &&
    (patch.credentials === undefined || isDeepStrictEqual(patch.credentials, before.credentialIds.map(String))) &&
    (patch.parents === undefined || isDeepStrictEqual(patch.parents, before.parentIds.map(String)))
  );
}

export function createDeviceImport(deps: DeviceImportDeps): DeviceImport {
  const { service, audit } = deps;

  /** The port that the row speaks of, or the usual one: enough to find the device that is already there. */
  function endpointOfRow(input: DeviceCreate): string {
    const port = input.collectors?.find(({ name }) => name === 'snmp')?.settings?.['port'];
    return endpointOf(input.address, typeof port === 'number' ? port : 161);
  }

  /** Which line is the first to speak of an endpoint. */
  function firstOfEach(rows: readonly ImportRow[]): ReadonlyMap<string, number> {
    const first = new Map<string, number>();
    for (const { line, value } of rows) {
      const parsed = DeviceCreate.safeParse(value);
      if (!parsed.success) continue;
      const endpoint = endpointOfRow(parsed.data);
      if (!first.has(endpoint)) first.set(endpoint, line);
    }
    return first;
  }

  async function plan(
    reads: DraftDeps,
    actor: Actor,
    row: ImportRow,
    first: ReadonlyMap<string, number>,
  ): Promise<Step> {
    if (row.error !== undefined) throw new AppError('validation_failed', row.error);
    const parsed = DeviceCreate.safeParse(row.value);
    if (!parsed.success) throw new AppError('validation_failed', zodSentence(parsed.error));
    const input = parsed.data;
    const endpoint = endpointOfRow(input);
    const earlier = first.get(endpoint);
    if (earlier !== undefined && earlier !== row.line) {
      throw new AppError('duplicate_device', `${endpoint} is in line ${earlier} already`);
    }
    const existing = await reads.devices.byEndpoint(endpoint);
    if (!existing) {
      return { kind: 'create', line: row.line, input, draft: await createDraft(reads, actor, input) };
    }
    // Beyond the actor's sites a device can be met, not touched: the service says so.
    await service.find(actor, String(existing.id)).catch(() => {
      throw new AppError('duplicate_device', `there is already a device at ${endpoint}, outside of your sites`);
    });
    const { address: _address, collectors, ...patch } = input;
    const change = await patchDraft(reads, actor, existing, { ...patch, ...(collectors ? { collectors } : {}) });
    const collectorsSame = collectors === undefined || isDeepStrictEqual(change.collectors, existing.collectors);
    if (collectorsSame && sameAsStored(existing, patch)) return { kind: 'unchanged', line: row.line };
    return {
      kind: 'update',
      line: row.line,
      id: String(existing.id),
      patch: { ...patch, ...(collectors ? { collectors } : {}) },
    };
  }

  /** Ids of credentials by their names and by themselves. */
  async function credentialIds(): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    let after = 0;
    for (;;) {
      const page = await deps.credentials.list(after, 1000);
      for (const { id, name } of page) ids.set(String(id), String(id)).set(name, String(id));
      const last = page.at(-1);
      if (!last || page.length < 1000) return ids;
      after = last.id;
    }
  }

  const self: DeviceImport = {
    async runCsv(actor, text, dryRun) {
      const ids = await credentialIds();
      const rows = parseDeviceCsv(text, (name) => {
        const id = ids.get(name);
        if (id === undefined) throw new AppError('validation_failed', `credentials: there is no credential “${name}”`);
        return id;
      });
      return self.run(actor, rows, dryRun);
    },
    async run(actor, rows, dryRun) {
      const result: ImportResult = { created: 0, updated: 0, unchanged: 0, errors: [] };
      const failed = (line: number, thrown: unknown) => result.errors.push({ line, message: sentence(thrown) });
      const first = firstOfEach(rows);
      const reads = await readOnce<DraftDeps>(deps, [...first.keys()]);
      const steps: Step[] = [];
      await forEachLimited(rows, AT_ONCE, async (row) => {
        try {
          steps.push(await plan(reads, actor, row, first));
        } catch (thrown) {
          failed(row.line, thrown);
        }
      });
      const take = async (step: Step) => {
        try {
          if (step.kind === 'create') await service.create(actor, step.input);
          else if (step.kind === 'update') await service.update(actor, step.id, step.patch);
          result[COUNTED[step.kind]] += 1;
        } catch (thrown) {
          failed(step.line, thrown);
        }
      };
      const carryOut = async () => {
        const fresh = steps.filter((step) => step.kind === 'create').toSorted((a, b) => a.line - b.line);
        for (let from = 0; from < fresh.length; from += CREATED_AT_ONCE) {
          const some = fresh.slice(from, from + CREATED_AT_ONCE);
          try {
            await service.createMany(
              actor,
              some.map(({ draft }) => draft),
            );
            result.created += some.length;
          } catch (thrown) {
            // Somebody else has just written one of them: which one is found out one by one.
            sentence(thrown);
            await forEachLimited(some, AT_ONCE, take);
          }
        }
        await forEachLimited(
          steps.filter(({ kind }) => kind !== 'create'),
          AT_ONCE,
          take,
        );
      };
      await (dryRun ? Promise.resolve() : carryOut()).catch((thrown: unknown) => {
        const { code, message, retryable } = toAppError(thrown);
        const done = `${result.created} devices were created and ${result.updated} updated before; import the same again to go on.`;
        throw new AppError(code, `${message} ${done}`, { cause: thrown, retryable });
      });
      result.errors.sort((a, b) => a.line - b.line);
      if (dryRun) for (const { kind } of steps) result[COUNTED[kind]] += 1;
      else await audit.record(actor, 'device.import', null, { ...result });
      return result;
    },
  };
  return self;
}
