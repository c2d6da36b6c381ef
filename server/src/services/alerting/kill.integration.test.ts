import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPostgresBus } from '#bus/postgres/postgres.ts';
import { systemClock as clock } from '#platform/clock.ts';
import { silentLog as log } from '#platform/log.ts';
import { systemActor } from '#services/access/actor.ts';
import { createAudit } from '#services/access/audit.ts';
import { createPostgresAudit } from '#stores/audit/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { openReceiver } from './testing/receiver.ts';
import { createTestAlerting } from './testing/alerting.ts';

const KILLS = Number(process.env['SOTP_TEST_KILLS'] ?? 24);
const SUBJECTS = ['a', 'b', 'c'];

test(
  'a hub that is killed anywhere between looking, writing and sending loses no transition, and doubles none under another key',
  { timeout: 60_000 + KILLS * 3_000 },
  async (t) => {
    const database = await openTestDatabase();
    const { pg } = database;
    const dir = mkdtempSync(join(tmpdir(), 'sotp-kill-'));
    const [file, keyFile] = [join(dir, 'conditions'), join(dir, 'secret.key')];
    const receiver = await openReceiver();
    const bus = createPostgresBus({ pg, log });
    const secrets = createLocalSecretStore({ pg, keyFile });
    const audit = createAudit({ store: createPostgresAudit(pg), clock });
    const { channels } = createTestAlerting({ pg, secrets, platform: { audit, bus, clock, log } });
    let child: ChildProcess | undefined;
    t.after(async () => {
      child?.kill('SIGKILL');
      await receiver.close();
      await bus.close();
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    });
    await channels.create(systemActor, { name: 'a', kind: 'webhook', settings: { url: receiver.url } });
    const holds = new Set<string>();
    function set(subject: string, on: boolean): void {
      if (on) holds.add(subject);
      else holds.delete(subject);
      // Whole, or not at all, for whoever reads it now.
      writeFileSync(`${file}.new`, JSON.stringify([...holds]));
      renameSync(`${file}.new`, file);
    }
    const any = () => SUBJECTS[Math.floor(Math.random() * SUBJECTS.length)]!;
    set('a', false);

    async function start(): Promise<ChildProcess> {
      const env = { ...process.env, KILL_DATABASE: database.databaseUrl, KILL_CONDITIONS: file, KILL_KEY: keyFile };
      const started = fork(fileURLToPath(new URL('testing/kill-process.ts', import.meta.url)), { env });
      await new Promise((resolve, reject) => {
        started.once('message', resolve);
        started.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      });
      return started;
    }

    /** What people believe of a subject: the last that they have heard. */
    const believed = (subject: string) => {
      const seen = new Map<string, string>();
      for (const { key, event, alert } of receiver.received) if (alert.subject === subject) seen.set(key, event);
      return [...seen.values()].at(-1) === 'fired';
    };
    async function settled(): Promise<void> {
      const end = Date.now() + 20_000;
      for (const subject of SUBJECTS) {
        while (believed(subject) !== holds.has(subject)) {
          assert.ok(Date.now() < end, `${subject} is ${holds.has(subject)}, and nobody has heard of it`);
          await sleep(20);
        }
      }
    }

    for (let kill = 0; kill < KILLS; kill++) {
      child = await start();
      const until = Date.now() + Math.random() * 300;
      while (Date.now() < until) {
        const subject = any();
        set(subject, !holds.has(subject));
        await sleep(Math.random() * 60);
      }
      child.kill('SIGKILL');
      // Conditions begin and end while nobody looks.
      const subject = any();
      set(subject, !holds.has(subject));
      if (kill % 6 === 5) {
        child = await start();
        await settled();
        child.kill('SIGKILL');
      }
    }
    child = await start();
    for (const subject of SUBJECTS) set(subject, false);
    await settled();
    await sleep(1_000);

    const { rows } = await pg.query<{ id: number; events: string[]; states: string[] }>(
      `select a.id, array_agg(n.event order by n.id) as events, array_agg(distinct n.state) as states
       from alert a left join notification n on n.alert_id = a.id group by a.id`,
    );
    assert.ok(rows.length >= KILLS, `${rows.length} alerts`);
    const heard = Map.groupBy(receiver.received, ({ alert }) => alert.id);
    for (const { id, events, states } of rows) {
      assert.deepEqual([events, states], [['fired', 'resolved'], ['sent']], `alert ${id}`);
      const told = heard.get(String(id)) ?? [];
      const first = new Map(told.toReversed().map(({ event, key }) => [event, key]));
      assert.deepEqual([...first.keys()].toSorted(), ['fired', 'resolved'], `alert ${id}`);
      for (const { event, key } of told) assert.equal(key, first.get(event), 'a repetition has the same key');
      assert.ok(told.findIndex(({ event }) => event === 'fired') < told.findIndex(({ event }) => event === 'resolved'));
    }
    const doubled = receiver.received.length - rows.length * 2;
    // Each kill can interrupt one sending to the one channel.
    assert.ok(doubled <= KILLS + 6, `${doubled} doubled`);
    t.diagnostic(JSON.stringify({ kills: KILLS, alerts: rows.length, lost: 0, doubled }));
  },
);
