import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { OpenCollector, Target } from '#collectors/collector.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { snmpCollector } from './index.ts';
import type { SnmpSettings } from './settings.ts';
import { honestAnswer, startAgent } from './testing/agent.ts';
import type { TestAgent } from './testing/agent.ts';

const ACME = '1.3.6.1.4.1.99999';
const VALUES: OutgoingVarbind[] = [
  { oid: '1.3.6.1.2.1.1.1.0', type: SnmpType.octetString, value: Buffer.from('a box') },
  { oid: '1.3.6.1.2.1.1.2.0', type: SnmpType.oid, value: `${ACME}.1` },
  { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: 4711 },
  { oid: `${ACME}.7.0`, type: SnmpType.integer, value: 23 },
];
const folder = mkdtempSync(join(tmpdir(), 'sotp-own-profiles-'));
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

let agent: TestAgent;
let collector: OpenCollector<SnmpSettings>;
before(async () => {
  agent = await startAgent((request) => request.send(honestAnswer(request, VALUES)));
  collector = await snmpCollector.open({ clock: systemClock, log: silentLog, profileFolders: [folder] });
});
after(async () => {
  await collector.close();
  await agent.stop();
  rmSync(folder, { recursive: true });
});

test('a device that is being polled is read with a profile as soon as its file is there', async () => {
  const value = { kind: 'snmp-v2c', secret: { community: 'public' } } as const;
  const target: Target = { deviceId: 1, address: '127.0.0.1', credentials: [{ id: 'c', name: 'c', value }] };
  const settings = snmpCollector.settings.parse({ port: agent.port, timeoutMs: 300, retries: 1 });
  const poll = async () => {
    const context = { signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() };
    return await collector.poll(target, settings, context);
  };
  assert.deepEqual((await poll()).facts?.sensors, []);
  assert.equal((await poll()).facts?.sensors, undefined, 'a known device is not read as a whole');

  write('broken.yaml', 'sysobjectid: 1.3.6.1.4.1.99999.*\nmetrics: [{symbol: {OID: x, name: y}}]\n');
  write(
    'acme.yaml',
    `sysobjectid: ${ACME}.*\nmetrics: [{symbol: {OID: ${ACME}.7.0, name: acmeTemp, sensor: {kind: temperature, unit: C}}}]\n`,
  );
  // The folder is looked at every 10 s, and whenever it is asked about.
  const report = await collector.knowledge?.();
  assert.deepEqual(
    report?.folders.map(({ files, profiles, problems }) => [files, profiles, problems[0]?.file]),
    [[2, 1, 'broken.yaml']],
  );
  const read = await poll();
  assert.deepEqual(
    read.facts?.sensors?.map(({ name, value: reading }) => [name, reading]),
    [['acmeTemp', 23]],
  );
  const slow = (await poll()).samples.concat(read.samples);
  assert.ok(slow.some(({ layout }) => layout.series.some(({ metric }) => metric === 'acmeTemp')));
  assert.equal(collector.metrics()['profile_problems'], 1);
});
