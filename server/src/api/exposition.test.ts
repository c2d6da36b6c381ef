import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition } from './exposition.ts';

test('a histogram of two processes is one family, other counters keep their own', () => {
  const counters = {
    'lag_seconds_bucket{path="a",le="+Inf"}': 2,
    'lag_seconds_sum{path="a"}': 0.5,
    polls_total: 7,
    spool_sum: 1,
  };
  const text = exposition([
    { role: 'hub', instance: '1', at: 0, counters },
    { role: 'hub', instance: '2"', at: 0, counters: { 'lag_seconds_bucket{path="a",le="+Inf"}': 3, load: Number.NaN } },
  ]);
  assert.equal(
    text,
    [
      '# TYPE sotp_lag_seconds histogram',
      'sotp_lag_seconds_bucket{role="hub",instance="1",path="a",le="+Inf"} 2',
      'sotp_lag_seconds_sum{role="hub",instance="1",path="a"} 0.5',
      String.raw`sotp_lag_seconds_bucket{role="hub",instance="2\"",path="a",le="+Inf"} 3`,
      '# TYPE sotp_polls_total counter',
      'sotp_polls_total{role="hub",instance="1"} 7',
      '# TYPE sotp_spool_sum gauge',
      'sotp_spool_sum{role="hub",instance="1"} 1',
      '',
    ].join('\n'),
  );
});
