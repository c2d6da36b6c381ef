// A hub's alerting in a process of its own, to be killed: conditions are what a file says, looked at many times a second.
import { readFileSync } from 'node:fs';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { createTargetGuard } from '#domain/target-guard.ts';
import { createNotifiers } from '#notifiers/registry.ts';
import { systemClock as clock } from '#platform/clock.ts';
import { silentLog as log } from '#platform/log.ts';
import { createAlertStore } from '#stores/alerts/postgres.ts';
import { createOutbox } from '#stores/alerts/postgres-outbox.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createEvaluator } from '#services/alerting/evaluator.ts';
import { createNotifierService } from '#services/alerting/notifier.ts';

const { KILL_DATABASE: databaseUrl = '', KILL_CONDITIONS: file = '', KILL_KEY: keyFile = '' } = process.env;

/** Of one who was killed, others shall not wait for long here. */
const CLAIM_MS = 300;
const pg = createPostgres({ databaseUrl, log, maxConnections: 4 });
const bus = createPostgresBus({ pg, log });
const outbox = createOutbox(pg);
const secrets = createLocalSecretStore({ pg, keyFile, mayCreate: false });
await secrets.open();
const notifier = createNotifierService({
  outbox: { claim: (now, _claimMs, busy) => outbox.claim(now, CLAIM_MS, busy), settle: outbox.settle },
  secrets,
  notifiers: createNotifiers({ guard: createTargetGuard(['127.0.0.1']), canaryHeard: () => undefined }),
  bus,
  clock,
  log,
  publicUrl: null,
});
const evaluator = createEvaluator({
  store: createAlertStore(pg),
  sources: [
    {
      codes: ['kill'],
      async look() {
        const subjects = JSON.parse(readFileSync(file, 'utf8')) as string[];
        return subjects.map((subject) => ({ code: 'kill', subject, truth: 'holds', summary: 'It holds.' }));
      },
    },
  ],
  rules: { kill: { rule: 'Kill', severity: 'warning', forMs: 0, keepMs: 0, remedy: 'None.', href: null } },
  leads: () => true,
  bus,
  clock,
  log,
  everyMs: 10,
});
await notifier.start();
await evaluator.start();
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
