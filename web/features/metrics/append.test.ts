import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
import type { SamplesEvent } from '@sotp/contract/live.ts';
import type { MetricAnswer } from '@sotp/contract/metrics.ts';
import { appendPoint, appendSamples, createSampleTracker } from './append.ts';
import { rangeKey } from './queries.ts';
import { stepFor, windowOf } from './window.ts';

const labels = { interface: 'eth0', ifIndex: '2' };

function event(at: number, value: number, more: Partial<SamplesEvent> = {}): SamplesEvent {
  return {
    deviceId: '7',
    collector: 'snmp',
    at,
    polledAt: at + 3,
    restarted: false,
    samples: [{ metric: 'ifHCInOctets', labels, kind: 'counter', unit: 'octets', value }],
    ...more,
  };
}

test('live counters become rates by the true instants, and a restart gives none', () => {
  const tracker = createSampleTracker();
  const rate = (one: SamplesEvent) => [...tracker.values(one).values()][0];
  assert.equal(rate(event(0, 1000)), undefined);
  assert.equal(rate(event(10_000, 6000)), 500);
  assert.equal(rate(event(20_000, 100, { restarted: true })), undefined);
  assert.equal(rate(event(30_000, 1100)), 100);
  assert.equal(rate(event(40_000, 50)), undefined, 'a counter that went back');
  assert.equal(rate(event(50_000, 60, { polledAt: 45_003 })), 2);
});

test('a point falls into its step, and what has left the window goes', () => {
  const points = appendPoint(
    [
      [0, 1],
      [10_000, 2],
      [20_000, null],
    ],
    24_000,
    5,
    10_000,
    10_000,
  );
  assert.deepEqual(points, [
    [10_000, 2],
    [20_000, 5],
  ]);
  assert.deepEqual(appendPoint(points, 28_000, 7, 10_000, 0).at(-1), [20_000, 6]);
});

test('every moving chart of the device draws the next point; what only the store knows is asked for', () => {
  const client = new QueryClient();
  const key = (range: string) =>
    rangeKey({ device: '7', metric: 'ifHCInOctets', window: windowOf(new URLSearchParams(range)), step: 10 });
  const moving = key('range=15m');
  const fixed = key('from=0&to=1000');
  const answer: MetricAnswer = {
    step: 10,
    series: [{ id: '1', deviceId: '7', metric: 'ifHCInOctets', labels, unit: 'octets', points: [[0, 400]] }],
  };
  client.setQueryData(moving, answer);
  client.setQueryData(fixed, answer);
  const tracker = createSampleTracker();
  assert.equal(appendSamples(client, event(10_000, 1000), tracker), false, 'no rate yet');
  assert.equal(appendSamples(client, event(20_000, 6000), tracker), true);
  assert.deepEqual(client.getQueryData<MetricAnswer>(moving)?.series[0]?.points, [
    [0, 400],
    [20_000, 500],
  ]);
  assert.equal(client.getQueryData(fixed), answer);
});

test('steps are whole polling intervals, and an odd address means the default window', () => {
  assert.equal(stepFor(900_000, 10, 400), 10);
  assert.equal(stepFor(900_000, 10, 60), 20);
  assert.equal(stepFor(86_400_000, 60, 400), 240);
  assert.deepEqual(windowOf(new URLSearchParams('range=nonsense&from=5&to=1')), windowOf(new URLSearchParams()));
  assert.equal(windowOf(new URLSearchParams('from=1000&to=5000')).spanMs, 4000);
});
