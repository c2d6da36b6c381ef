import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFilter, globMatches } from '#domain/log-filter.ts';
import type { FilterableLine, Glob } from '#domain/log-filter.ts';
import { AppError } from '#platform/errors.ts';
import { matchLine, snapshotOf } from './directory.ts';
import { parseLogQuery } from './query.ts';

const world = {
  find: (pattern: Glob) =>
    new Set(
      [['core1', 1] as const, ['core2', 2] as const].filter(([name]) => globMatches(pattern, name)).map(([, id]) => id),
    ),
  ofSites: (sites: readonly string[]) => new Set(sites.includes('north') ? [1] : []),
};

const LINE: FilterableLine = {
  text: '<187>1 - core1 sshd 99 - [x@1 user="root"] Failed password for root from 10.1.2.3 port 22, mac 00:11:22:aa:bb:cc',
  severity: 3,
  facility: 23,
  deviceId: 1,
  sender: '10.0.0.1',
  source: 'syslog',
  host: 'core1',
  app: 'sshd',
  procId: '99',
  msgId: '',
  fields: { 'x@1.user': 'root' },
};
const fits = (query: string) => compileFilter(parseLogQuery(query, world))(LINE);

test('queries that fit a line', () => {
  for (const query of [
    '',
    'failed',
    'FAILED password',
    '"failed password"',
    'fail*',
    '*word',
    '-accepted',
    'NOT accepted',
    'accepted OR failed',
    '(accepted OR failed) root',
    '10.1.2.3',
    '00:11:22:aa:bb:cc',
    'severity:error',
    'severity:err',
    'severity>=warning',
    'severity<=error',
    'severity!=debug',
    'severity:3,4',
    'facility:local7',
    'device:core*',
    'device:core1',
    'site:north',
    'host:core1 app:sshd pid:99',
    'user:root',
    'x@1.user:"root"',
    'sender:10.0.0.*',
    '/passw[o0]rd .* port \\d+/',
    '/FAILED/i',
    '-/accepted/',
  ]) {
    assert.ok(fits(query), query);
  }
});

test('queries that do not', () => {
  for (const query of [
    'fail',
    'accepted',
    '"password failed"',
    '-failed',
    '-(failed OR accepted)',
    'severity>error',
    'severity:warning',
    'device:core2',
    'device:edge*',
    'site:south',
    'user:admin',
    'nosuchfield:x',
    '/FAILED/',
  ]) {
    assert.ok(!fits(query), query);
  }
});

test('any text is either a query or refused with a sentence', () => {
  const piece = fc.constantFrom(
    'a',
    '"',
    '(',
    ')',
    '-',
    '/',
    'OR',
    ' ',
    'severity:',
    'x:',
    '*',
    '\\',
    '!=',
    '>=',
    '.',
    ':',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        compileFilter(parseLogQuery(pieces.join(''), world))(LINE);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'validation_failed', String(error));
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a pattern that would be catastrophic elsewhere takes no time', () => {
  const before = process.cpuUsage();
  const matches = compileFilter(parseLogQuery('/(a+)+(b|a)*$x/', world));
  matches({ ...LINE, text: 'a'.repeat(5_000) });
  assert.ok(process.cpuUsage(before).user < 2_000_000);
});

test('a line belongs to the device of its address, else to the one whose name it tells', () => {
  const entry = { site: null, sysName: null, engineId: null, addresses: [] };
  const snapshot = snapshotOf([
    { ...entry, deviceId: 1, name: 'core1.example.net', address: '10.0.0.1', addresses: ['10.9.9.9', '127.0.0.1'] },
    { ...entry, deviceId: 2, name: 'two', address: '10.0.0.2', sysName: 'Edge' },
    { ...entry, deviceId: 3, name: 'three-a', address: '10.0.0.3' },
    { ...entry, deviceId: 4, name: 'three-b', address: '10.0.0.3' },
    { ...entry, deviceId: 5, name: 'five', address: 'five.example.net', addresses: ['10.0.0.2'] },
  ]);
  assert.equal(matchLine(snapshot, '10.0.0.1', 'whatever'), 1);
  assert.equal(matchLine(snapshot, '10.9.9.9', ''), 1);
  assert.equal(matchLine(snapshot, '10.0.0.2', ''), 2);
  assert.equal(matchLine(snapshot, '192.0.2.1', 'CORE1'), 1);
  assert.equal(matchLine(snapshot, '192.0.2.1', 'edge'), 2);
  assert.equal(matchLine(snapshot, '192.0.2.1', 'five.example.net'), 5);
  assert.equal(matchLine(snapshot, '192.0.2.1', '10.0.0.1'), 1);
  assert.equal(matchLine(snapshot, '10.0.0.3', 'three-b'), 4);
  assert.equal(matchLine(snapshot, '10.0.0.3', 'other'), 0);
  assert.equal(matchLine(snapshot, '127.0.0.1', 'unheard-of'), 0);
});

test('a notification belongs to the agent it was sent on for, to the engine that signed it, else to its address', () => {
  const entry = { site: null, sysName: null, engineId: null, addresses: [] };
  const snapshot = snapshotOf([
    { ...entry, deviceId: 1, name: 'proxy', address: '10.0.0.1' },
    { ...entry, deviceId: 2, name: 'behind it', address: '10.0.0.2' },
    { ...entry, deviceId: 3, name: 'elsewhere', address: '10.0.0.3', engineId: '8000000001020304' },
  ]);
  assert.equal(matchLine(snapshot, '10.0.0.1', '', { agentAddress: '10.0.0.2' }), 2);
  assert.equal(matchLine(snapshot, '10.0.0.1', '', { agentAddress: '192.0.2.7' }), 1);
  assert.equal(matchLine(snapshot, '10.0.0.1', '', { engineId: '8000000001020304' }), 3);
  assert.equal(matchLine(snapshot, '192.0.2.9', '', { engineId: '80ff' }), 0);
});
