import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import { objectReader } from '#collectors/snmp/knowledge/testing/agent.ts';
import { openLibrary } from './library.ts';
import { parseProfile } from './parse.ts';

const ACME = '1.3.6.1.4.1.99999';
const PROFILE = `
sysobjectid: ${ACME}.*
metrics:
  - MIB: ACME-MIB
    table:
      name:
      OID: ${ACME}.2
    symbols:
      - name: supply
        constant_value_one: true
    metric_tags:
      - {tag: supply_name, symbol: {OID: ${ACME}.2.1.2, name: supplyName}}
      - {tag: supply_state, name: supplyTable, symbol: {OID: ${ACME}.2.1.3, name: supplyState}, mapping: {1: ok, 2: failed}}
`;

test('states that DataDog tells as tags of a constant are read as states of a row', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotp-constant-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'acme.yaml'), PROFILE);
  const agent = objectReader({
    '1.3.6.1.2.1.1.1.0': 'box',
    '1.3.6.1.2.1.1.2.0': `oid:${ACME}.1.7`,
    [`${ACME}.2.1.2.1`]: 'left',
    [`${ACME}.2.1.3.1`]: 2,
  });
  const { series } = await readKnowledge(agent, { library: openLibrary([folder]) });
  const found = series.filter(({ spec }) => spec.metric === 'supplyState');
  assert.deepEqual(
    found.map(({ oid, spec }) => [oid, spec.kind, spec.labels]),
    [[`${ACME}.2.1.3.1`, 'state', { index: '1', supply_name: 'left' }]],
  );
});

test('what is read past is told with its line, and what is wrong still is', () => {
  const { problems, notes } = parseProfile('acme.yaml', PROFILE);
  assert.deepEqual(problems, []);
  assert.deepEqual(notes, [
    { file: 'acme.yaml', line: 13, message: 'name: a tag is named by its "tag", this is read past' },
  ]);
  const stateless = parseProfile('acme.yaml', PROFILE.replace(', mapping: {1: ok, 2: failed}', ''));
  assert.deepEqual(
    stateless.notes.map(({ line }) => line),
    [13, 9],
  );
  const wrong = parseProfile('acme.yaml', PROFILE.replace('tag: supply_name', 'tagg: supply_name'));
  assert.deepEqual(
    wrong.problems.map(({ line, message }) => [line, /tagg/.test(message)]),
    [[12, true]],
  );
});
