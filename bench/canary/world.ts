// One installation in this process, for the benches of this folder: collectors with spools on disk, a database, the hub's watch, and
// a receiver of webhooks. Between the ways and the stores stands a thief.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { createTargetGuard } from '../../server/src/domain/target-guard.ts';
import { createNotifiers } from '../../server/src/notifiers/registry.ts';
import { systemClock as clock } from '../../server/src/platform/clock.ts';
import { createLifecycle } from '../../server/src/platform/lifecycle.ts';
import { silentLog as log } from '../../server/src/platform/log.ts';
import { systemActor } from '../../server/src/services/access/actor.ts';
import { createAudit } from '../../server/src/services/access/audit.ts';
import { createAlerting } from '../../server/src/services/alerting/alerting.ts';
import { openReceiver } from '../../server/src/services/alerting/testing/receiver.ts';
import { CANARY_RULES } from '../../server/src/services/canary/alert-canary.ts';
import { createCanary } from '../../server/src/services/canary/canary.ts';
import { createCanaryEmitter } from '../../server/src/services/canary/emitter.ts';
import { CanarySettings } from '../../server/src/services/canary/settings.ts';
import { createDirectory } from '../../server/src/services/logs/directory.ts';
import { createLogIngest } from '../../server/src/services/logs/ingest.ts';
import { createLineCodec } from '../../server/src/services/logs/spool.ts';
import { createIngest } from '../../server/src/services/telemetry/ingest.ts';
import { createAlertStore } from '../../server/src/stores/alerts/postgres.ts';
import { createChannelStore } from '../../server/src/stores/alerts/postgres-channels.ts';
import { createOutbox } from '../../server/src/stores/alerts/postgres-outbox.ts';
import { createPostgresAudit } from '../../server/src/stores/audit/postgres.ts';
import { createCanaryReader } from '../../server/src/stores/canary/postgres.ts';
import { createCredentialAnswerStore } from '../../server/src/stores/credentials/postgres-answers.ts';
import { createDeviceStore } from '../../server/src/stores/devices/postgres.ts';
import type { LogStore } from '../../server/src/stores/logs/logs.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { createSenderStore } from '../../server/src/stores/logs/senders.ts';
import type { MetricStore } from '../../server/src/stores/metrics/metrics.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { createPortStore } from '../../server/src/stores/ports/postgres.ts';
import { openTestDatabase } from '../../server/src/stores/postgres/testing.ts';
import { createLocalSecretStore } from '../../server/src/stores/secrets/local.ts';
import { sampleCodec } from '../../server/src/worker/spool/codec.ts';
import { JOINED_BATCHES } from '../../server/src/services/telemetry/spool.ts';
import { createFileSpool } from '../../server/src/worker/spool/file-spool.ts';
import { LINE_SPOOL, SAMPLE_SPOOL } from '../../server/src/worker/spool/names.ts';

/** Takes so many of a hundred rows and lines away, each by itself, at the port of the store. */
export interface Thief {
  percent: number;
  rows: number;
  lines: number;
}

function robMetrics(store: MetricStore, thief: Thief): MetricStore {
  return {
    ...store,
    write(rows, origin) {
      const kept = rows.filter(() => Math.random() * 100 >= thief.percent);
      thief.rows += rows.length - kept.length;
      return store.write(kept, origin);
    },
  };
}

function robLogs(store: LogStore, thief: Thief): LogStore {
  return {
    ...store,
    packer() {
      const packer = store.packer();
      return {
        get lines() {
          return packer.lines;
        },
        get bytes() {
          return packer.bytes;
        },
        add(line) {
          if (Math.random() * 100 >= thief.percent) packer.add(line);
          else thief.lines++;
        },
        take: () => packer.take(),
      };
    },
  };
}

export async function openWorld({ collectors }: { collectors: number }) {
  const database = await openTestDatabase();
  const { pg } = database;
  const dir = mkdtempSync(join(tmpdir(), 'sotp-bench-canary-'));
  const bus = createPostgresBus({ pg, log });
  const thief: Thief = { percent: 0, rows: 0, lines: 0 };
  const metrics = createPackedMetricStore({ pg, clock, log });
  const logs = createPackedLogStore({ pg });
  await metrics.maintain(clock.now());
  await logs.maintain(clock.now());
  const senders = createSenderStore(pg);
  const directory = createDirectory({ senders, bus, clock, log });
  const names = Array.from({ length: collectors }, (_, i) => `bench/${i + 1}`);

  function collector(name: string) {
    const robbed = { metrics: robMetrics(metrics, thief), logs: robLogs(logs, thief) };
    const folder = join(dir, name.replace('/', '-'));
    const spool = createFileSpool({
      dir: join(folder, 'spool'),
      codec: sampleCodec,
      names: SAMPLE_SPOOL,
      joining: JOINED_BATCHES,
      waveBatches: 4,
      whenFull: 'drop_oldest',
      source: name,
      clock,
      log,
    });
    const lineSpool = createFileSpool({
      dir: join(folder, 'log-spool'),
      codec: createLineCodec(robbed.logs),
      names: LINE_SPOOL,
      whenFull: 'refuse_newest',
      syncMs: 150,
      source: name,
      clock,
      log,
    });
    const answers = createCredentialAnswerStore(pg);
    const ingest = createIngest({
      devices: createDeviceStore(pg),
      metrics: robbed.metrics,
      answers,
      ports: createPortStore(pg),
      bus,
      spool,
      clock,
      now: clock.now,
      log,
    });
    const logIngest = createLogIngest({ store: robbed.logs, spool: lineSpool, senders, directory, bus, clock });
    const emitter = createCanaryEmitter({
      collector: name,
      sample: ingest.recordCanary,
      lines: logIngest.takeCanary,
      clock,
      now: clock.now,
    });
    return [ingest, logIngest, emitter];
  }

  const secrets = createLocalSecretStore({ pg, keyFile: join(dir, 'secret.key') });
  await secrets.open();
  const canary = createCanary({
    settings: CanarySettings.parse({}),
    reader: createCanaryReader(pg),
    logs,
    leads: () => true,
    senders: () => names,
    clock,
    log,
  });
  const audit = createAudit({ store: createPostgresAudit(pg), clock });
  const alerting = createAlerting({
    stores: { alerts: createAlertStore(pg), channels: createChannelStore(pg), outbox: createOutbox(pg), secrets },
    notifiers: createNotifiers({ guard: createTargetGuard(['127.0.0.1']), canaryHeard: canary.alert.heard }),
    sources: [canary.conditions, canary.alert.source],
    moreRules: CANARY_RULES,
    leads: () => true,
    publicUrl: null,
    platform: { audit, bus, clock, log },
  });
  const receiver = await openReceiver();
  await alerting.channels.create(systemActor, { name: 'bench', kind: 'webhook', settings: { url: receiver.url } });
  const parts = createLifecycle([
    directory,
    ...names.flatMap(collector),
    canary,
    alerting.evaluator,
    alerting.notifier,
  ]);
  await parts.start();
  return {
    thief,
    canary,
    received: receiver.received,
    async close() {
      await parts.stop();
      await receiver.close();
      await bus.close();
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
