import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildLibrary } from '#protocols/mib/library.ts';
import { parseProfile } from '#collectors/snmp/knowledge/profiles/parse.ts';
import { draftEntries } from './draft.ts';
import { writeDraft } from './write.ts';

const object = (name: string, oid: string, syntax: string, more = '', access = 'read-only') => `
${name} OBJECT-TYPE
  SYNTAX ${syntax}
  ${more.includes('UNITS') ? more.split('\n')[0] : ''}
  MAX-ACCESS ${access}
  STATUS current
  DESCRIPTION "${more.includes('UNITS') ? (more.split('\n')[1] ?? '') : more}"
  ::= { ${oid} }`;

const MIB = `ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises, OBJECT-TYPE, Integer32, Gauge32, Counter32 FROM SNMPv2-SMI;
acme OBJECT IDENTIFIER ::= { enterprises 99999 }
acmeProbeTable OBJECT-TYPE SYNTAX SEQUENCE OF AcmeProbeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { acme 1 }
acmeProbeEntry OBJECT-TYPE SYNTAX AcmeProbeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "" INDEX { acmeProbeIndex } ::= { acmeProbeTable 1 }
AcmeProbeEntry ::= SEQUENCE { acmeProbeIndex Integer32 }
${object('acmeProbeIndex', 'acmeProbeEntry 1', 'Integer32', '', 'not-accessible')}
${object('acmeProbeName', 'acmeProbeEntry 2', 'OCTET STRING')}
${object('acmeProbeTemperature', 'acmeProbeEntry 3', 'Integer32', 'UNITS "0.1 degrees Celsius"\n')}
${object('acmeProbeTempHighThreshold', 'acmeProbeEntry 4', 'Integer32', 'UNITS "0.1 degrees Celsius"\n', 'read-write')}
${object('acmeProbeStatus', 'acmeProbeEntry 5', 'INTEGER { normal(1), failed(2), off(3) }')}
${object('acmeProbeInputCurrent', 'acmeProbeEntry 6', 'Gauge32', 'Current in milliamperes.')}
${object('acmeProbeRestarts', 'acmeProbeEntry 7', 'Counter32', 'Voltage dips.')}
${object('acmeCpuUtilization', 'acme 2', 'Gauge32', 'Utilization in percent.')}
${object('acmeCpuIdle', 'acme 3', 'Gauge32', 'Idle time in percent.')}
${object('acmeInletTemp', 'acme 4', 'Integer32', 'Air that comes in.')}
${object('acmeAdminState', 'acme 5', 'INTEGER { up(1), down(2) }', '', 'read-write')}
END
`;

test('readings are told from settings, with kind, unit and scale as far as the MIB says them', () => {
  const smi = 'SNMPv2-SMI DEFINITIONS ::= BEGIN enterprises OBJECT IDENTIFIER ::= { 1 3 6 1 4 1 } END';
  const sources = [
    { file: 'smi', text: smi },
    { file: 'acme', text: MIB },
  ];
  const { tree, modules } = buildLibrary([], sources, { descriptions: true });
  const nodes = modules.find(({ name }) => name === 'ACME-MIB')?.nodes ?? [];
  const text = writeDraft(draftEntries(tree, nodes), '1.3.6.1.4.1.99999');
  const { profile, problems } = parseProfile('acme.yaml', text);
  assert.deepEqual(problems, []);
  const [table, scalars] = profile?.metrics ?? [];
  assert.deepEqual(
    table?.symbols?.map(({ name, scale_factor: scale, sensor }) => [name, sensor?.kind, sensor?.unit, scale]),
    [
      ['acmeProbeTemperature', 'temperature', 'C', 0.1],
      ['acmeProbeStatus', 'state', undefined, undefined],
      ['acmeProbeInputCurrent', 'current', 'A', 0.001],
    ],
  );
  assert.deepEqual(table?.symbols?.[1]?.mapping, { 1: 'normal', 2: 'failed', 3: 'off' });
  assert.match(text, /tag: name, symbol: \{OID: 1\.3\.6\.1\.4\.1\.99999\.1\.1\.2, name: acmeProbeName\}/);
  assert.deepEqual(
    scalars?.symbols?.map(({ name, processor, sensor }) => [name, processor ?? sensor?.scales]),
    [
      ['acmeCpuUtilization', true],
      ['acmeCpuIdle', { idle: true }],
      ['acmeInletTemp', [1, 0.1, 0.01, 0.001]],
    ],
  );
});
