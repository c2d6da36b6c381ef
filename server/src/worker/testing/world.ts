import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { snmpCollector } from '#collectors/snmp/index.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { createAudit } from '#services/access/audit.ts';
import { createInventory } from '#services/inventory/inventory.ts';
import { createTargets } from '#services/inventory/targets.ts';
import { createIngest } from '#services/telemetry/ingest.ts';
import type { PollOutcome } from '#services/telemetry/ingest.ts';
import { createMemorySpool } from '#services/telemetry/memory-spool.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { createCredentialAnswerStore } from '#stores/credentials/postgres-answers.ts';
import { createCredentialSetStore } from '#stores/credentials/postgres-sets.ts';
import { createCredentialStore } from '#stores/devices/credentials.ts';
import { createDeviceStore } from '#stores/devices/postgres.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import { createPortStore } from '#stores/ports/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createPostgresTasks } from '#stores/tasks/postgres.ts';
import { createModules } from '#worker/modules.ts';
import { createRunner } from '#worker/runner.ts';
import { createSharedClock } from '#worker/shared-clock.ts';

/** SOTP from the inventory to the stores, without queue and processes; polls are made when the test says so. */
export async function openWorld({ log, clock }: { log: Log; clock: Clock }) {
  const database = await openTestDatabase();
  const { pg } = database;
  const dataDir = await mkdtemp(join(tmpdir(), 'sotp-rotation-'));
  const bus = createPostgresBus({ pg, log });
  const secrets = createLocalSecretStore({ pg, keyFile: join(dataDir, 'secret.key') });
  const metrics = createPackedMetricStore({ pg, clock, log });
  const stores = {
    secrets,
    metrics,
    devices: createDeviceStore(pg),
    credentials: createCredentialStore(pg),
    sets: createCredentialSetStore(pg),
    answers: createCredentialAnswerStore(pg),
    ports: createPortStore(pg),
    tasks: createPostgresTasks(pg),
  };
  const catalog = [snmpCollector];
  const inventory = createInventory({
    stores,
    catalog,
    audit: createAudit({ store: createPostgresAudit(pg), clock }),
    bus,
    enqueuePoll: async () => undefined,
    platform: { log, clock },
  });
  const shared = createSharedClock(clock);
  const targets = createTargets({ ...stores, bus, clock, log });
  const modules = createModules({ catalog, clock, log });
  const ingest = createIngest({
    ...stores,
    bus,
    spool: createMemorySpool({ source: 'rotation', clock, log }),
    clock,
    now: shared.now,
    log,
  });
  const outcomes: PollOutcome[] = [];
  const runner = createRunner({
    targets,
    modules,
    ingest,
    clock,
    shared,
    log,
    holds: () => true,
    async report(_task, ended) {
      outcomes.push(...(ended ?? []));
      return true;
    },
  });
  const lifecycle = createLifecycle([targets, modules, ingest, runner]);
  await secrets.open();
  await lifecycle.start();
  targets.onChange((deviceId) => runner.forget(deviceId));

  /** Polls all devices at once; answers how each went. */
  async function pollAll(ids: readonly number[]): Promise<PollOutcome[]> {
    outcomes.length = 0;
    const items = ids.flatMap((id) => [id, 0]);
    const data = {
      base: Date.now(),
      urgent: true,
      taskId: 'all',
      groups: [{ collector: 'snmp', intervalMs: 60_000, items }],
    };
    await runner.handle(0, { id: '1', name: 'poll', data, attempt: 1 });
    await ingest.flush();
    return [...outcomes];
  }

  return {
    stores,
    pg,
    bus,
    inventory,
    pollAll,
    async close() {
      await lifecycle.stop();
      await inventory.openCollectors.stop();
      await bus.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
