import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FENCES, LAYERS } from './fences.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
let house;

before(() => {
  house = mkdtempSync(join(tmpdir(), 'sotp-fences-'));
  cpSync(join(root, 'oxlint.config.ts'), join(house, 'oxlint.config.ts'));
  mkdirSync(join(house, 'setup'));
  cpSync(join(root, 'setup/fences.mjs'), join(house, 'setup/fences.mjs'));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  for (const noun of [
    'stores/devices',
    'stores/postgres',
    'collectors/snmp',
    'collectors/icmp',
    'notifiers/email',
    'notifiers/slack',
  ])
    mkdirSync(join(house, 'server/src', noun), { recursive: true });
});
after(() => rmSync(house, { recursive: true, force: true }));

/** Writes files (path -> imported specifiers), lints, and answers which paths were found guilty of a restricted import. */
async function guilty(files) {
  for (const [path, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    const lines = imports.map((from, i) => `import { a as a${i} } from '${from}';`);
    writeFileSync(join(house, path), `${lines.join('\n')}\nexport const all = [${imports.map((_, i) => `a${i}`)}];\n`);
  }
  const { stdout } = await new Promise((resolve) => {
    execFile(process.execPath, [oxlint, '-f', 'json'], { cwd: house, maxBuffer: 1e8 }, (error, out) =>
      resolve({ error, stdout: out }),
    );
  });
  const report = JSON.parse(stdout);
  for (const path of Object.keys(files)) rmSync(join(house, path));
  const found = report.diagnostics.filter((entry) => entry.code === 'eslint(no-restricted-imports)');
  return [...new Set(found.map((entry) => entry.filename))].toSorted();
}

test('every layer is refused every layer that its fence does not name', async () => {
  const planted = {};
  for (const layer of LAYERS.filter((name) => name !== 'app')) {
    for (const other of LAYERS) {
      if (other === layer || FENCES[layer].layers.includes(other)) continue;
      planted[`server/src/${layer}/planted-${other}.ts`] = [`#${other}/thing/backend.ts`];
    }
  }
  assert.ok(Object.keys(planted).length > 80);
  assert.deepEqual(await guilty(planted), Object.keys(planted).toSorted());
});

test('what the fences allow passes', async () => {
  const allowed = {
    'server/src/app/everything.ts': LAYERS.filter((name) => name !== 'app').map((name) => `#${name}/thing/backend.ts`),
    'server/src/services/inventory/devices.ts': [
      '#stores/devices/devices.ts',
      '#queue/queue.ts',
      '#bus/bus.ts',
      '#collectors/registry.ts',
      '#domain/status.ts',
    ],
    'server/src/worker/runner.ts': [
      '#collectors/collector.ts',
      '#collectors/registry.ts',
      '#queue/queue.ts',
      '#services/telemetry/ingest.ts',
    ],
    'server/src/collectors/snmp/walk.ts': [
      '#collectors/collector.ts',
      '#collectors/snmp/deep/plan.ts',
      '#protocols/snmp/value.ts',
    ],
    'server/src/stores/devices/postgres.ts': [
      '#stores/postgres/postgres.ts',
      '#platform/errors.ts',
      '@sotp/contract/devices.ts',
    ],
  };
  assert.deepEqual(await guilty(allowed), []);
});

test('siblings, back ends, parents and other workspaces are refused', async () => {
  const planted = {
    'server/src/collectors/snmp/sibling.ts': ['#collectors/icmp/index.ts'],
    'server/src/collectors/snmp/registry-user.ts': ['#collectors/registry.ts'],
    'server/src/notifiers/email/sibling.ts': ['#notifiers/slack/index.ts'],
    'server/src/services/inventory/backend.ts': ['#stores/devices/postgres.ts'],
    'server/src/worker/backend.ts': ['#queue/bullmq/bullmq.ts'],
    'server/src/worker/module.ts': ['#collectors/snmp/index.ts'],
    'server/src/api/store.ts': ['#stores/devices/devices.ts'],
    'server/src/api/parent.ts': ['../services/x.ts'],
    'web/features/server.ts': ['@sotp/server/protocols/snmp/oid.ts'],
    'simulator/src/inside.ts': ['#protocols/snmp/oid.ts'],
    'contract/src/server.ts': ['@sotp/server/protocols/snmp/oid.ts'],
  };
  assert.deepEqual(await guilty(planted), Object.keys(planted).toSorted());
});

test('the import table of ARCHITECTURE.md is the one that the linter holds', () => {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  for (const [layer, { says }] of Object.entries(FENCES)) {
    assert.ok(page.includes(`| \`${layer}\` | ${says} |`), `ARCHITECTURE.md lacks the row: | \`${layer}\` | ${says} |`);
  }
});
