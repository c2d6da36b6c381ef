import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { OPENMETRICS } from './openmetrics.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

/** Reads OpenMetrics 1.0 as strictly as the format is written; answers the samples. */
function readOpenMetrics(text: string): Map<string, { value: number; at: number }> {
  assert.ok(text.endsWith('# EOF\n'));
  const samples = new Map<string, { value: number; at: number }>();
  const types = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)$/.exec(line);
    if (type) {
      [, family = ''] = type;
      assert.ok(!types.has(family), `${family} comes twice`);
      types.set(family, type[2] ?? '');
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (\S+) (\d+(?:\.\d+)?)$/.exec(
        line,
      );
    assert.ok(sample, line);
    const [, name = '', labels = '', value, at] = sample;
    assert.equal(name, types.get(family) === 'counter' ? `${family}_total` : family, line);
    const names = [...labels.matchAll(/(?:^|,)([a-zA-Z_][a-zA-Z0-9_]*)="/g)].map((match) => match[1]);
    assert.equal(new Set(names).size, names.length, line);
    const key = `${name}{${labels}}`;
    assert.ok(!samples.has(key), `${key} comes twice`);
    samples.set(key, { value: Number(value), at: Number(at) });
  }
  return samples;
}

describe('what was measured, for others', () => {
  let api: TestApi;
  let token: string;
  let device: string;
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('operator');
    const created = await api.call('POST', '/devices', { token, body: { address: '127.0.0.9', name: '=core "1"\\' } });
    device = created.json.id;
    const deviceId = Number(device);
    const one = { deviceId, unit: 'octets' };
    api.metrics.catalogue.push(
      {
        ...one,
        id: 1,
        metric: 'ifHCInOctets',
        kind: 'counter',
        labels: { interface: 'Gi1/0/1 "x"\n\\', ifIndex: '1' },
      },
      { ...one, id: 2, metric: 'ifHCInOctets', kind: 'counter', labels: { interface: '-2', ifIndex: '2' } },
      { ...one, id: 3, metric: 'ifHCInOctets', kind: 'gauge', labels: {} },
      { ...one, id: 4, metric: '9.temp-°C', kind: 'gauge', labels: { 'a b': '1', __name__: 'x', device: 'forged' } },
      { ...one, id: 5, metric: 'polls_total', kind: 'counter', labels: {} },
      { ...one, id: 6, metric: 'polls_total', kind: 'gauge', labels: {} },
      { ...one, id: 7, metric: 'ifOperStatus', kind: 'state', labels: {} },
    );
  });
  after(() => api.close());

  test('the newest values are OpenMetrics text: counters end in _total, names and labels are legal, nothing twice', async () => {
    const answer = await api.call('GET', '/metrics/export', { token });
    assert.deepEqual([answer.status, answer.headers['content-type']], [200, OPENMETRICS]);
    const samples = readOpenMetrics(answer.text);
    assert.equal(samples.size, 7);
    const who = `device="=core \\"1\\"\\\\",device_id="${device}"`;
    assert.deepEqual(samples.get(`ifHCInOctets_total{interface="Gi1/0/1 \\"x\\"\\n\\\\",ifIndex="1",${who}}`), {
      value: 1,
      at: 1,
    });
    assert.equal(samples.get(`_9_temp__C{a_b="1",_name__="x",${who}}`)?.value, 4);
    assert.equal(samples.get(`polls_total{${who}}`)?.value, 5);
    const one = await api.call('GET', `/metrics/export?metric=ifOperStatus&device=${device}`, { token });
    assert.equal(readOpenMetrics(one.text).size, 1);
    const none = await api.call('GET', '/metrics/export?metric=nothing', { token });
    assert.equal(none.text, '# EOF\n');
  });

  test('a query comes as CSV that a spreadsheet takes for text and numbers', async () => {
    const answer = await api.call(
      'GET',
      `/metrics/query.csv?metric=ifHCInOctets&device=${device}&from=0&to=60000&step=60`,
      {
        token,
      },
    );
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(String(answer.headers['content-disposition']), /filename="ifHCInOctets.csv"/);
    const rows: string[][] = parse(answer.text);
    assert.deepEqual(rows[0], ['time', 'device', 'deviceId', 'metric', 'labels', 'unit', 'value']);
    assert.equal(rows.length, 4);
    assert.deepEqual(
      rows.find((row) => row[6] === '2'),
      ['1970-01-01T00:00:00.000Z', `'=core "1"\\`, device, 'ifHCInOctets', 'interface=-2; ifIndex=2', 'octets', '2'],
    );
    assert.ok(rows.flat().every((cell) => !/^[=+\-@\t\r]/.test(cell)));
  });

  test('an answer too long to be held is sent as it comes, whole and valid; one that fails at once is an error', async () => {
    const labels = (i: number) => ({ text: 'x'.repeat(400), i: String(i) });
    for (let i = 0; i < 1_500; i++) {
      api.metrics.catalogue.push({
        id: 100 + i,
        deviceId: Number(device),
        metric: 'many',
        kind: 'gauge',
        unit: null,
        labels: labels(i),
      });
    }
    const answer = await api.call('GET', '/metrics/query?metric=many', { token });
    assert.equal(answer.headers['content-length'], undefined);
    assert.equal(answer.json.series.length, 1_500);
    const grouped = await api.call('GET', '/metrics/query?metric=many&aggregate=count&topk=1', { token });
    assert.deepEqual(
      grouped.json.series.map(({ points }: { points: [number, number][] }) => points[0]?.[1]),
      [1_500],
    );
    assert.ok(Number(grouped.headers['content-length']) > 0);
    const { range } = api.metrics;
    api.metrics.range = async () => {
      throw new Error('no database');
    };
    assert.equal((await api.call('GET', '/metrics/query?metric=many', { token })).status, 500);
    api.metrics.range = range;
  });

  test('disk use is told with its forecast, and of a device', async () => {
    const all = await api.call('GET', '/metrics/usage', { token });
    assert.deepEqual([all.json.bytes, all.json.forecastBytes, all.json.tiers.length], [3, 9, 1]);
    assert.equal((await api.call('GET', `/metrics/usage/${device}`, { token })).json.bytes, Number(device) * 1_000);
    assert.equal((await api.call('GET', '/metrics/usage/999999', { token })).status, 404);
    assert.equal((await api.call('GET', '/metrics/usage', { token: await api.tokenFor('viewer') })).status, 403);
  });

  test('viewers may read, nobody without sign-in', async () => {
    for (const call of ['/metrics/export', '/metrics/query.csv?metric=m', '/metrics/forecast?metric=m']) {
      assert.equal((await api.call('GET', call)).status, 401);
      assert.equal((await api.call('GET', call, { token: await api.tokenFor('viewer') })).status, 200);
    }
  });

  test('a Prometheus scrapes the export', { skip: hasPrometheus ? false : 'prometheus is not installed' }, async () => {
    api.metrics.latest = async (series) => series.map((one) => ({ series: one, at: Date.now(), value: one.id }));
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = api.app.server.address() as AddressInfo;
    const dir = mkdtempSync(path.join(tmpdir(), 'sotp-prometheus-'));
    const file = path.join(dir, 'prometheus.yml');
    writeFileSync(
      file,
      [
        'scrape_configs:',
        '  - job_name: sotp',
        '    scrape_interval: 1s',
        '    metrics_path: /api/v1/metrics/export',
        '    honor_labels: true',
        `    authorization: { credentials: ${token} }`,
        `    static_configs: [{ targets: ['127.0.0.1:${port}'] }]`,
      ].join('\n'),
    );
    const listen = `127.0.0.1:${port + 1 > 65_535 ? port - 1 : port + 1}`;
    const options = [`--config.file=${file}`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=${listen}`];
    const prometheus = spawn('prometheus', options, { stdio: 'ignore' });
    const ask = async (query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
      const url = `http://${listen}/api/v1/query?query=${encodeURIComponent(query)}`;
      const body = await fetch(url).then(
        (response) => response.json(),
        () => undefined,
      );
      return (body as { data?: { result: [] } } | undefined)?.data?.result ?? [];
    };
    try {
      let found = await ask('ifHCInOctets_total');
      for (let i = 0; i < 150 && found.length === 0; i++) {
        await sleep(100);
        found = await ask('ifHCInOctets_total');
      }
      assert.deepEqual(
        found
          .map(({ metric, value }) => [metric['interface'], metric['device'], metric['device_id'], value[1]])
          .toSorted(),
        [
          ['-2', '=core "1"\\', device, '2'],
          ['Gi1/0/1 "x"\n\\', '=core "1"\\', device, '1'],
        ],
      );
      assert.equal((await ask('up == 1')).length, 1);
      assert.equal((await ask('scrape_samples_scraped'))[0]?.value[1], String(7 + 1_500));
    } finally {
      prometheus.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
