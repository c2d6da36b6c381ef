import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createNames } from './names.ts';

const module = (name: string) => `${name}-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI;
${name.toLowerCase()} OBJECT IDENTIFIER ::= { enterprises 4711 }
END`;

test('a folder is read at the start and again when a file in it changes; a broken file hides no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sotp-names-'));
  await writeFile(join(folder, 'a.mib'), module('First'));
  await writeFile(join(folder, 'broken.mib'), 'B DEFINITIONS ::= BEGIN\n "');
  await writeFile(join(folder, 'own.yaml'), 'notifications: [{oid: 1.3.6.1.4.1.4711.0.1, name: x, severity: alert}]\n');
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 5), signal),
  };
  const names = createNames({ folders: [folder, join(folder, 'not there')], clock, log: silentLog });
  const until = async (name: string): Promise<void> => {
    while (names.knowledge.tree.named(name).length === 0) await systemClock.sleep(5);
  };
  await names.start();
  await until('first');
  assert.equal(names.knowledge.definitions.get('1.3.6.1.4.1.4711.0.1')?.severity, 1);
  assert.equal(names.knowledge.tree.named('ifIndex')[0]?.oid, '1.3.6.1.2.1.2.2.1.1');
  await writeFile(join(folder, 'a.mib'), module('Second '.trim()));
  await until('second');
  assert.equal(names.knowledge.tree.named('first').length, 0);
  await names.stop();
  await rm(folder, { recursive: true });
});
