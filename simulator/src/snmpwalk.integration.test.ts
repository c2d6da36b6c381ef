import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

// net-snmp's tools know nothing of our codec.
let folder = '';
let port = 0;
let generated: Simulator;
let replayed: Simulator;
const started: Simulator[] = [];

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port: free } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return free;
}

function run(tool: string, args: readonly string[]): Promise<{ out: string; err: string; missing: boolean }> {
  return new Promise((resolve) => {
    execFile(tool, args, { maxBuffer: 64 << 20, env: { ...process.env, MIBS: '' } }, (error, out, err) =>
      resolve({ out, err, missing: error !== null && 'code' in error && error.code === 'ENOENT' }),
    );
  });
}

/** What a walk printed, a line a variable; at the end of the MIB the tools add a remark under the last name. */
function linesOf(out: string): string[] {
  return out.split('\n').filter((line) => line !== '' && !/No more variables left|^End of MIB/.test(line));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sotp-simulator-'));
  const lines = ['1.3.6.1.2.1.1.1.0|4|A device | with a bar', '1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1'];
  for (let i = 1; i <= 500; i++) lines.push(`1.3.6.1.4.1.99999.2.1.${i}|70|${BigInt(i) * 36_893_488_147_419_103n}`);
  await writeFile(join(folder, 'b.snmprec'), lines.toReversed().join('\r\n'));
  await writeFile(join(folder, 'a.snmprec'), '1.3.6.1.2.1.1.1.0|4x|00ff\n');
  port = await freePort();
  const map = join(folder, 'map.tsv');
  replayed = await startSimulator({ listen: '127.41.0.1', port, source: { recordings: folder }, map });
  started.push(replayed);
  generated = await startSimulator({
    listen: '127.42.0.1',
    port,
    source: { devices: 25, ports: 24, seed: 3, community: 'public' },
  });
  started.push(generated);
});
after(async () => {
  await Promise.all(started.map((simulator) => simulator.stop()));
  await rm(folder, { recursive: true, force: true });
});

test('snmpwalk, snmpbulkwalk and snmpget read a replayed device as it was recorded', async (t) => {
  const at = `127.41.0.2:${port}`;
  const walk = await run('snmpbulkwalk', ['-v2c', '-c', 'any', '-On', '-Oq', at, '1.3.6.1']);
  if (walk.missing) return t.skip('net-snmp tools are not installed (Debian package snmp)');
  const lines = linesOf(walk.out);
  assert.equal(lines.length, 502);
  assert.equal(lines[0], '.1.3.6.1.2.1.1.1.0 "A device | with a bar"');
  assert.equal(lines.at(-1), `.1.3.6.1.4.1.99999.2.1.500 ${500n * 36_893_488_147_419_103n}`);
  const slow = await run('snmpwalk', ['-v2c', '-c', 'other', '-On', '-Oq', at, '1.3.6.1']);
  assert.deepEqual(linesOf(slow.out), lines);
  const old = await run('snmpwalk', ['-v1', '-c', 'any', '-On', '-Oq', at, '1.3.6.1']);
  assert.equal(linesOf(old.out).length, 2, 'v1 sees no Counter64');
  const get = await run('snmpget', ['-v2c', '-c', 'any', '-Oqv', at, '1.3.6.1.2.1.1.2.0', '1.3.6.1.4.1.99999.2.1.501']);
  assert.match(get.out, /^\.?iso\.3\.6\.1\.4\.1\.99999\.1\nNo Such Instance/);
  assert.equal(await readFile(join(folder, 'map.tsv'), 'utf8'), '127.41.0.1\ta\n127.41.0.2\tb\n');
});

test('every generated device that lives is walked as a whole, in increasing order', async (t) => {
  for (const { address, quirk } of generated.agents) {
    if (quirk !== null) continue;
    const walk = await run('snmpbulkwalk', ['-v2c', '-c', 'public', '-On', '-Cr40', `${address}:${port}`, '.1']);
    if (walk.missing) return t.skip('net-snmp tools are not installed (Debian package snmp)');
    assert.equal(walk.err, '', 'snmpbulkwalk complains of OIDs that do not increase');
    const names = linesOf(walk.out).flatMap((line) => /^\.1[.\d]+ = /.exec(line)?.[0] ?? []);
    assert.ok(names.length > 60, `${address}: ${names.length}`);
    assert.equal(new Set(names).size, names.length);
  }
});

test('a slow device answers after its time, a dead one and a wrong community not at all', async (t) => {
  const ask = (address: string | undefined, community: string) =>
    run('snmpget', ['-v2c', '-c', community, '-t', '2', '-r', '0', '-Oqv', `${address}:${port}`, '1.3.6.1.2.1.1.5.0']);
  const find = (quirk: string) => generated.agents.find((agent) => agent.quirk === quirk);
  const began = performance.now();
  const slow = await ask(find('slow')?.address, 'public');
  if (slow.missing) return t.skip('net-snmp tools are not installed (Debian package snmp)');
  assert.equal(slow.out.trim().replaceAll('"', ''), find('slow')?.name);
  assert.ok(performance.now() - began >= 1400);
  const [dead, wrong] = await Promise.all([
    ask(find('dead')?.address, 'public'),
    ask(generated.agents[0]?.address, 'x'),
  ]);
  assert.match(dead.err, /No Response/);
  assert.match(wrong.err, /No Response/);
});

test('a port that is taken is an error that names it', async () => {
  const source = { devices: 3, ports: 4, seed: 1 };
  await assert.rejects(startSimulator({ listen: '127.42.0.1', port, source }), /127\.42\.0\.1:\d+: another program/);
  await assert.rejects(startSimulator({ listen: '10.0.0.1', port, source }), /no loopback address/);
});
