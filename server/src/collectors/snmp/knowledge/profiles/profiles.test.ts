import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import { objectReader } from '#collectors/snmp/knowledge/testing/agent.ts';
import type { Value } from '#collectors/snmp/knowledge/testing/agent.ts';
import { openLibrary } from './library.ts';
import type { Library } from './library.ts';
import { parseProfile } from './parse.ts';

const ACME = '1.3.6.1.4.1.99999';
const SYSTEM: Record<string, Value> = { '1.3.6.1.2.1.1.1.0': 'box', '1.3.6.1.2.1.1.2.0': `oid:${ACME}.1.7` };

function libraryOf(t: TestContext, files: Record<string, string>): Library {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-profiles-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return openLibrary([folder]);
}

async function factsOf(library: Library, instances: Record<string, Value>) {
  const { facts } = await readKnowledge(objectReader({ ...SYSTEM, ...instances }), { plan: false, library });
  return facts;
}

test('a table’s column becomes sensors, named by a tag, scaled, without the values that say "no reading"', async (t) => {
  const library = libraryOf(t, {
    'acme.yaml': `
sysobjectid: ${ACME}.*
metrics:
  - MIB: ACME-MIB
    table: {OID: ${ACME}.2, name: probeTable}
    symbols:
      - {OID: ${ACME}.2.1.3, name: probeTemp, scale_factor: 0.1, sensor: {kind: temperature, unit: F, invalid: [-9990]}}
      - {OID: ${ACME}.2.1.4, name: probeState, sensor: {kind: state}, mapping: {1: ok, 2: failed}}
    metric_tags:
      - {tag: name, symbol: {OID: ${ACME}.2.1.2, name: probeName}}
`,
  });
  const facts = await factsOf(library, {
    [`${ACME}.2.1.2.1`]: 'inlet',
    [`${ACME}.2.1.3.1`]: 770,
    [`${ACME}.2.1.4.1`]: 2,
    [`${ACME}.2.1.3.2`]: -9990,
  });
  assert.deepEqual(facts.sensors, [
    { oid: `${ACME}.2.1.3.1`, name: 'inlet probeTemp', kind: 'temperature', value: 25, unit: 'C' },
    { oid: `${ACME}.2.1.4.1`, name: 'inlet probeState', kind: 'state', value: 2, unit: null, state: 'failed' },
  ]);
});

test('the kind and unit of a reading may be told by another column, and a pool by its parts', async (t) => {
  const library = libraryOf(t, {
    'acme.yaml': `
present: ${ACME}
metrics:
  - table: {OID: ${ACME}.3, name: gaugeTable}
    symbols:
      - {OID: ${ACME}.3.1.2, name: gaugeUnit}
      - OID: ${ACME}.3.1.3
        name: gaugeValue
        sensor:
          kind: count
          by: {symbol: gaugeUnit, cases: {'1': {kind: voltage, unit: V, scale_factor: 0.001}}}
  - symbols:
      - {OID: ${ACME}.4.1.0, name: used}
      - {OID: ${ACME}.4.2.0, name: free}
    memory: {used: used, free: free, scale: 1024}
`,
  });
  const facts = await factsOf(library, {
    [`${ACME}.3.1.2.1`]: 1,
    [`${ACME}.3.1.3.1`]: 12_050,
    [`${ACME}.3.1.2.2`]: 9,
    [`${ACME}.3.1.3.2`]: 1,
    [`${ACME}.4.1.0`]: 3,
    [`${ACME}.4.2.0`]: 1,
  });
  assert.deepEqual(
    facts.sensors?.map(({ kind, value, unit }) => [kind, value, unit]),
    [['voltage', 12.05, 'V']],
  );
  assert.deepEqual(facts.memory, [{ name: 'Memory', totalBytes: 4096, usedBytes: 3072, usedPercent: 75 }]);
});

test('the longest sysObjectID wins, and what it leaves open its shorter one says', async (t) => {
  const library = libraryOf(t, {
    'maker.yaml': `{sysobjectid: ${ACME}.*, metadata: {device: {fields: {vendor: {value: Acme}, model: {value: Any}}}}}`,
    'box.yaml': `{sysobjectid: [${ACME}.1.*], metadata: {device: {fields: {model: {value: Box}}}}}`,
  });
  const { system } = await factsOf(library, {});
  assert.deepEqual([system?.vendor, system?.model], ['Acme', 'Box']);
});

test('a profile has all of its bases, and a broken file does not take the others down', async (t) => {
  const library = libraryOf(t, {
    '_base.yaml': `metrics: [{symbol: {OID: ${ACME}.5.1.0, name: load, processor: true}}]`,
    'acme.yaml': `{sysobjectid: ${ACME}.*, extends: [_base.yaml]}`,
    'broken.yaml': `sysobjectid: ${ACME}.*\nmetric: []\n`,
  });
  const facts = await factsOf(library, { [`${ACME}.5.1.0`]: 12 });
  assert.deepEqual(facts.processors, [{ oid: `${ACME}.5.1.0`, name: 'Processor', usagePercent: 12 }]);
  assert.match(library.problems[0]?.message ?? '', /metric/);
});

test('a mistake is told with its line', () => {
  const text = 'sysobjectid: 1.3.6.1.4.1.9.*\nmetrics:\n  - symbol:\n      OID: 1.3.6.x\n      name: a\n';
  assert.deepEqual(parseProfile('a.yaml', text).problems, [
    { file: 'a.yaml', line: 4, message: 'metrics.0.symbol.OID: an OID is numbers with dots between' },
  ]);
  const pattern = `metrics:\n  - symbol: {OID: ${ACME}.1.0, name: a, extract_value: '(?=x)'}\n`;
  assert.match(parseProfile('a.yaml', pattern).problems[0]?.message ?? '', /^extract_value: /);
  const reference = `metrics:\n  - symbols: [{OID: ${ACME}.1, name: a}]\n    memory: {used: b, free: a}\n`;
  assert.deepEqual(
    parseProfile('a.yaml', reference).problems.map(({ line, message }) => [line, message]),
    [[2, 'no column named b in this entry']],
  );
});

test('the Netdata and Kentik dialects are read; what they add beyond reading is told', () => {
  const netdata = parseProfile(
    'n.yaml',
    `selector: [{sysobjectid: {include: [${ACME}.*]}}]\nmetrics:\n  - symbol: {OID: ${ACME}.1.0, name: a, chart_meta: {unit: x}, transform: code}\n`,
  );
  assert.deepEqual(netdata.profile?.sysobjectid, [`${ACME}.*`]);
  assert.deepEqual(
    netdata.notes.map(({ line }) => line),
    [3],
  );
  const kentik = parseProfile(
    'k.yml',
    `provider: x\nsysobjectid: ${ACME}\nmetrics:\n  - symbol: {OID: ${ACME}.1.0, name: a, enum: {up: 1}, poll_time_sec: 60}\n`,
  );
  assert.deepEqual(kentik.profile?.metrics?.[0]?.symbol?.mapping, { 1: 'up' });
});
