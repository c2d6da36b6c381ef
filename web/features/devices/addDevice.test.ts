import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_DRAFT, readDraft } from '#features/credentials/draft.ts';
import { addProblems, createBody, EMPTY_FORM, tagsOf, testBody } from './addDevice.ts';

const form = { ...EMPTY_FORM, address: ' 192.0.2.10 ' };

test('what is typed wrong is said at its field', () => {
  assert.deepEqual(addProblems(form), {});
  assert.ok(addProblems({ ...form, address: '' }).address);
  assert.ok(addProblems({ ...form, address: '192.0.2.10:161' }).address?.includes('port'));
  assert.ok(addProblems({ ...form, address: 'http://switch' }).address);
  assert.deepEqual(addProblems({ ...form, address: 'fe80::1%eth0' }), {});
  assert.ok(addProblems({ ...form, port: '0' }).port);
});

test('collectors are named only where the defaults would not do', () => {
  assert.equal(createBody(form, '4').collectors, undefined);
  assert.deepEqual(createBody({ ...form, port: '1161' }, '4').collectors, [
    { name: 'icmp' },
    { name: 'snmp', settings: { port: 1161 } },
  ]);
  assert.deepEqual(createBody(form, null).collectors, [{ name: 'icmp' }]);
  assert.deepEqual(tagsOf('core, ,core,  edge'), ['core', 'edge']);
});

test('a test carries the stored credential or the typed one, never both', () => {
  assert.deepEqual(testBody({ ...form, credential: '9' }, undefined).credentials, ['9']);
  assert.deepEqual(testBody({ ...form, credential: 'none' }, undefined).credentials, []);
  const bySets = testBody({ ...form, credential: 'sets', site: ' Bern ' }, undefined);
  assert.deepEqual(bySets, { address: '192.0.2.10', port: 161, site: 'Bern' });
});

test('an SNMPv3 user asks for exactly what its level needs', () => {
  const user = { ...EMPTY_DRAFT, kind: 'snmp-v3', username: 'monitor' } as const;
  const read = readDraft(user);
  assert.deepEqual('problems' in read && Object.keys(read.problems).toSorted(), ['authKey', 'privKey']);
  assert.ok('secret' in readDraft({ ...user, securityLevel: 'noAuthNoPriv' }));
  assert.deepEqual(readDraft({ ...EMPTY_DRAFT, community: '' }), { problems: { community: 'This is needed.' } });
});
