import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition } from './exposition.ts';

test('a histogram of two processes is one family of cumulative buckets, other figures keep their own', () => {
  const lag = (counts: number[]) => ({ 'lag_seconds{path="a"}': { bounds: [0.5], counts, sum: 0.5 } });
  const counters = { polls_total: 7, spool_sum: 1, load: Number.NaN };
  const text = exposition([
    { role: 'hub', instance: '1', at: 0, counters, histograms: lag([2, 1]) },
    { role: 'hub', instance: '2"', at: 0, counters: {}, histograms: lag([0, 3]) },
  ]);
  const buckets = (instance: string, low: number, all: number) => [
    `sotp_lag_seconds_bucket{role="hub",instance="${instance}",path="a",le="0.5"} ${low}`,
    `sotp_lag_seconds_bucket{role="hub",instance="${instance}",path="a",le="+Inf"} ${all}`,
    `sotp_lag_seconds_sum{role="hub",instance="${instance}",path="a"} 0.5`,
    `sotp_lag_seconds_count{role="hub",instance="${instance}",path="a"} ${all}`,
  ];
  assert.equal(
    text,
    [
      '# HELP sotp_polls_total Polls that were made',
      '# TYPE sotp_polls_total counter',
      'sotp_polls_total{role="hub",instance="1"} 7',
      '# TYPE sotp_spool_sum gauge',
      'sotp_spool_sum{role="hub",instance="1"} 1',
      '# TYPE sotp_lag_seconds histogram',
      ...buckets('1', 2, 3),
      ...buckets(String.raw`2\"`, 0, 3),
      '',
    ].join('\n'),
  );
});
