import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readKnowledge } from '#collectors/snmp/knowledge/index.ts';
import { objectReader } from '#collectors/snmp/knowledge/testing/agent.ts';
import type { Value } from '#collectors/snmp/knowledge/testing/agent.ts';

const ROUTER = fileURLToPath(new URL('../../../../../profiles/cases/standard-router/device.snmprec', import.meta.url));

function instances(file: string): Record<string, Value> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line): [string, Value] => {
      const [oid = '', tag, value = ''] = line.split('|');
      if (tag === '6') return [oid, `oid:${value}`];
      return [oid, tag === '4' ? value : tag === '64' ? Buffer.from(value.split('.').map(Number)) : Number(value)];
    }),
  );
}

test('routing, switching and transport by standard MIBs become series with labels that say which', async () => {
  const { series } = await readKnowledge(objectReader(instances(ROUTER)));
  const of = (metric: string) => series.filter(({ spec }) => spec.metric === metric);
  const [peer] = of('bgpPeerState');
  assert.deepEqual(
    [peer?.spec.kind, peer?.cadence, peer?.spec.labels],
    ['state', 'fast', { index: '192.0.2.1', peer: '192.0.2.1', remoteAs: '64500' }],
  );
  assert.deepEqual(of('ospfNbrState')[0]?.spec.labels['routerId'], '10.0.0.2');
  assert.deepEqual(of('vrrpOperState')[0]?.spec.labels, { index: '1.10', interface: 'ge0', router: '10' });
  assert.deepEqual(
    of('dot3StatsFCSErrors').map(({ spec, cadence }) => [spec.kind, cadence, spec.labels['interface']]),
    [
      ['counter', 'slow', 'ge0'],
      ['counter', 'slow', 'ge1'],
    ],
  );
  assert.deepEqual(of('dot1dStpPortState')[1]?.spec.labels, { index: '2', port: '2', ifIndex: '2' });
  assert.equal(of('dot1dStpTimeSinceTopologyChange')[0]?.scale, 0.01);
  assert.deepEqual(
    ['tcpCurrEstab', 'tcpRetransSegs', 'dot3adAggPortAttachedAggID'].map((metric) => of(metric)[0]?.spec.kind),
    ['gauge', 'counter', 'gauge'],
  );
  assert.equal(of('ipSystemStatsHCInReceives')[0]?.spec.labels['version'], 'ipv4');
});
