import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { objectReader } from '#collectors/snmp/knowledge/testing/agent.ts';
import type { Value } from '#collectors/snmp/knowledge/testing/agent.ts';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import { partsOf } from '#collectors/snmp/knowledge/profiles/indexParts.ts';
import { createLibrary } from '#collectors/snmp/knowledge/profiles/library.ts';
import { parseProfile } from '#collectors/snmp/knowledge/profiles/parse.ts';
import { sourcesOf } from '#collectors/snmp/knowledge/profiles/sources.ts';
import { isModuleFile, modulesIn } from './split.ts';

const ACME = '1.3.6.1.4.1.99999';
const FILE = `# WARNING: made by hand
auths:
  public_v2:
    community: public
modules:
  acme:
    walk:
    - ${ACME}.2
    metrics:
    - name: acmeUptime
      oid: ${ACME}.1.1
      type: gauge
      scale: 0.01
    - name: acmeOctets
      oid: ${ACME}.2.1.3
      type: counter
      help: Octets. - ${ACME}.2.1.3
      indexes:
      - labelname: acmeSlot
        type: gauge
      - labelname: acmeName
        type: DisplayString
      lookups:
      - labels: [acmeSlot]
        labelname: slotDescr
        oid: ${ACME}.3.1.2
        type: DisplayString
      - labels: []
        labelname: acmeSlot
    - name: acmeState
      oid: ${ACME}.4.1.2
      type: EnumAsStateSet
      indexes:
      - {labelname: peer, type: InetAddressIPv4}
      enum_values: {1: idle, 6: established}
    - name: acmeText
      oid: ${ACME}.4.1.3
      type: DisplayString
      indexes:
      - {labelname: peer, type: InetAddressIPv4}
    filters:
    - oid: ${ACME}.4.1.3
      targets: [${ACME}.4]
      values: [up.*]
  other:
    walk: [${ACME}.9]
    metrics: []
`;

const DEVICE: Record<string, Value> = {
  '1.3.6.1.2.1.1.1.0': 'box',
  '1.3.6.1.2.1.1.2.0': `oid:${ACME}.1`,
  [`${ACME}.1.1.0`]: 500,
  [`${ACME}.2.1.3.7.2.97.98`]: 12,
  [`${ACME}.3.1.2.7`]: 'line card',
  [`${ACME}.4.1.2.10.0.0.1`]: 6,
  [`${ACME}.4.1.2.10.0.0.2`]: 1,
  [`${ACME}.4.1.3.10.0.0.1`]: 'upstream',
  [`${ACME}.4.1.3.10.0.0.2`]: 'peer',
};

function library(text: string, more: Record<string, string> = {}) {
  const files = Object.entries({ 'snmp.yml': text, ...more });
  const sources = files.flatMap(([file, content]) => sourcesOf(file, content));
  return createLibrary([{ path: '', files: files.length, sources, problems: [] }]);
}

test('a module is read on a device for which it was chosen by name, with labels of index and look-ups', async () => {
  const { series, unknown } = await readKnowledge(objectReader(DEVICE), {
    library: library(FILE),
    profiles: ['acme', 'missing'],
  });
  const told = series.filter(({ oid }) => oid.startsWith(ACME));
  assert.deepEqual(
    told.map(({ oid, scale, spec }) => ({ oid: oid.slice(ACME.length), scale, ...spec })),
    [
      { oid: '.1.1.0', scale: 0.01, metric: 'acmeUptime', labels: {}, unit: null, kind: 'gauge' },
      {
        oid: '.2.1.3.7.2.97.98',
        scale: undefined,
        metric: 'acmeOctets',
        labels: { index: '7.2.97.98', acmeName: 'ab', slotDescr: 'line card' },
        unit: null,
        kind: 'counter',
      },
      {
        oid: '.4.1.2.10.0.0.1',
        scale: undefined,
        metric: 'acmeState',
        labels: { index: '10.0.0.1', peer: '10.0.0.1' },
        unit: null,
        kind: 'state',
      },
    ],
  );
  assert.deepEqual(unknown, ['missing']);
});

test('a module fits no device by itself, and every device that a profile which extends it names', async () => {
  const alone = await readKnowledge(objectReader(DEVICE), { library: library(FILE) });
  assert.deepEqual(alone.profiles, []);
  const map = { 'acme-switches.yaml': `sysobjectid: ${ACME}.*\nextends: [acme]\n` };
  const mapped = await readKnowledge(objectReader(DEVICE), { library: library(FILE, map) });
  assert.equal(mapped.series.filter(({ oid }) => oid.startsWith(ACME)).length, 3);
});

test('modules are cut out of the file with their lines; a mistake in one is told and leaves the others', () => {
  const [acme, other] = modulesIn(FILE);
  assert.deepEqual([acme?.name, other?.name], ['acme', 'other']);
  const broken = FILE.replace('type: counter', 'typ: counter');
  const problems = sourcesOf('snmp.yml', broken).map(
    ({ file, text, linesBefore }) => parseProfile(file, text, linesBefore).problems,
  );
  assert.equal(problems[1]?.length, 0);
  const [problem] = problems[0] ?? [];
  assert.equal(problem?.file, 'snmp.yml#acme');
  assert.match(problem?.message ?? '', /^metrics\.1\.type: /);
  assert.equal(broken.split('\n')[(problem?.line ?? 0) - 1], '    - name: acmeOctets');
});

test('the older form, modules at the top of the file, is known too; a profile is not one', () => {
  const older =
    'acme:\n  walk:\n  - 1.3.6\n  metrics:\n  - {name: a, oid: 1.3.6.1.1, type: gauge}\nother:\n  get:\n  - 1.3\n  metrics: []\n';
  assert.ok(isModuleFile(older));
  assert.deepEqual(
    modulesIn(older).map(({ name }) => name),
    ['acme', 'other'],
  );
  assert.ok(!isModuleFile('metrics:\n  - symbol: {OID: 1.3.6.1.1, name: a}\n'));
});

test('an index is taken apart as it was put together', () => {
  const octets = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.nat(), octets, fc.ipV4(), octets, (number, text, ip, rest) => {
      const index = [number, text.length, ...text, ...ip.split('.'), ...rest].join('.');
      const parts = partsOf(index, [
        { type: 'number' },
        { type: 'octets' },
        { type: 'ipv4' },
        { type: 'octets', implied: true },
      ]);
      assert.deepEqual(
        parts.map((part) => part.text),
        [String(number), Buffer.from(text).toString('hex'), ip, Buffer.from(rest).toString('hex')],
      );
    }),
  );
  assert.deepEqual(partsOf('1.9.1', [{ type: 'number' }, { type: 'text' }]).length, 1);
});
