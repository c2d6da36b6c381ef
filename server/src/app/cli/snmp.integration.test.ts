import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipWithoutSnmpd, startSnmpd } from '#collectors/snmp/testing/snmpd.ts';
import type { RunningSnmpd } from '#collectors/snmp/testing/snmpd.ts';

const SOTP = fileURLToPath(new URL('../../../bin/sotp.mjs', import.meta.url));
const NET_SNMP_MIBS = '/usr/share/snmp/mibs';
const directory = mkdtempSync(join(tmpdir(), 'sotp-snmp-cli-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function sotp(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, SOTP_DATA_DIR: join(directory, 'data') };
  return new Promise((resolve) => {
    execFile(process.execPath, [SOTP, ...args], { env, cwd: directory }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

describe('sotp snmp', { skip: skipWithoutSnmpd, timeout: 60_000 }, () => {
  let agent: RunningSnmpd;
  let where: string;
  before(async () => {
    agent = await startSnmpd({ writable: true });
    where = `${agent.address}:${agent.port}`;
  });
  after(() => agent?.stop());

  test('values come with names, enumerations and instances', async () => {
    const { out, err, status } = await sotp(
      'snmp',
      'get',
      where,
      'sysUpTime.0',
      'ifAdminStatus.1',
      '1.3.6.1.2.1.1.9.0',
    );
    assert.match(out, /^SNMPv2-MIB::sysUpTime\.0 = 0:00:\d\d\.\d\d \(\d+\)$/m);
    assert.match(out, /^IF-MIB::ifAdminStatus\.1 = up\(1\)$/m);
    assert.match(err, /1\.3\.6\.1\.2\.1\.1\.9\.0: the device has no such instance/);
    assert.equal(status, 1);
  });

  test('a walk, a bulk request and a step forward', async () => {
    const walk = await sotp('snmp', 'walk', where, 'system', '--json');
    const lines = walk.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; value: string });
    assert.ok(lines.some(({ name }) => name === 'SNMPv2-MIB::sysName.0'));
    assert.equal((await sotp('snmp', 'bulk', where, 'system', '--repetitions', '3')).out.trim().split('\n').length, 3);
    assert.match((await sotp('snmp', 'next', where, 'sysDescr', '--numeric')).out, /^1\.3\.6\.1\.2\.1\.1\.1\.0 = /);
  });

  test('what is set is there, and a MIB says of which type it is', async () => {
    const set = await sotp('snmp', 'set', where, 'sysContact.0=somebody', '--community', 'secret');
    assert.equal(set.out.trim(), 'SNMPv2-MIB::sysContact.0 = somebody');
    assert.match(
      (await sotp('snmp', 'set', where, 'ifAdminStatus.1=sideways')).err,
      /is no number: it is one of up, down/,
    );
    assert.match((await sotp('snmp', 'set', where, '1.3.6.1.4.1.424242.1=5')).err, /No MIB says the type/);
  });
});

test('a folder is checked, faults are told with file and line, and names of it are found', async () => {
  writeFileSync(
    join(directory, 'A-MIB.txt'),
    'A-MIB DEFINITIONS ::= BEGIN\nIMPORTS enterprises FROM SNMPv2-SMI;\na OBJECT IDENTIFIER ::= { enterprises 4711 }\nb OBJECT-TYPE SYNTAX ::= { a 1 }\nEND\n',
  );
  const check = await sotp('mib', 'check', directory);
  assert.equal(check.status, 1);
  assert.match(check.out, /A-MIB\.txt:4: a type is expected here, and there is “::=”/);
  assert.match(check.out, /^1 files, 1 modules, 1 definitions, 0 notifications, 1 problems$/m);
  assert.match((await sotp('mib', 'find', '1.3.6.1.4.1.4711.5', '--folder', directory)).out, /^A-MIB::a\.5$/m);
  assert.equal((await sotp('mib', 'find', 'zzyzx')).status, 1);
});

test('net-snmp’s own MIBs are read without a fault', async (t) => {
  if (!existsSync(NET_SNMP_MIBS)) return t.skip(`${NET_SNMP_MIBS} is missing (Debian: apt-get install libsnmp-base)`);
  const { status, out } = await sotp('mib', 'check', NET_SNMP_MIBS);
  assert.equal(status, 0, out);
});
