import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { DeviceEvent, SamplesEvent } from '@sotp/contract/live.ts';
import type { Bus } from '#bus/bus.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import type { DeviceStore, StateUpdate, StoredDevice } from '#stores/devices/devices.ts';
import type { PortStore } from '#stores/ports/ports.ts';
import type { BatchOrigin, MetricStore, PollRow } from '#stores/metrics/metrics.ts';
import { createIngest } from './ingest.ts';
import type { PollOutcome } from './ingest.ts';
import { createMemorySpool } from './memory-spool.ts';

const LAYOUT = { series: [{ metric: 'ifHCInOctets', labels: {}, unit: 'octets', kind: 'counter' as const }] };

/** Stores in memory that can be away. */
const noPorts = { read: async () => undefined } as Partial<PortStore> as PortStore;

async function world(t: TestContext, maxSamples?: number) {
  const state = {
    away: false,
    refuse: (_row: PollRow) => false,
    terms: [] as { partition: number; term: number }[],
  };
  const rows: PollRow[] = [];
  const origins: BatchOrigin[] = [];
  const states: StateUpdate[] = [];
  const facts: { deviceId: number; sections: string[] }[] = [];
  const published: [string, unknown][] = [];
  const before: Partial<StoredDevice>[] = [];
  const listeners = new Map<string, (message: unknown) => void>();
  const check = () => {
    if (state.away) throw new AppError('database_unavailable', 'The database is away.', { retryable: true });
  };
  const metrics = {
    async write(batch: readonly PollRow[], origin?: BatchOrigin) {
      check();
      if (batch.some(state.refuse)) throw new Error('refused');
      if (origin && origins.some(({ sequence }) => sequence === origin.sequence)) return false;
      rows.push(...batch);
      if (origin) origins.push(origin);
      return true;
    },
  } as Partial<MetricStore> as MetricStore;
  const devices = {
    async getMany() {
      check();
      return before as StoredDevice[];
    },
    async writeState(updates: readonly StateUpdate[]) {
      check();
      states.push(...updates);
      return updates.map(({ deviceId, status }) => ({ deviceId, status }));
    },
    async writeFacts(deviceId: number, _at: number, sections: object, partial?: readonly string[]) {
      check();
      facts.push({ deviceId, sections: Object.keys(sections), ...(partial && { partial }) });
    },
  } as Partial<DeviceStore> as DeviceStore;
  const bus: Bus = {
    publish: (topic, message) => void published.push([topic, message]),
    async subscribe(topic, handler) {
      listeners.set(topic, handler);
      return async () => undefined;
    },
    flush: async () => undefined,
    close: async () => undefined,
  };
  const clock = systemClock;
  const spool = createMemorySpool({ source: 's', clock, log: silentLog, maxSamples });
  const ingest = createIngest({
    answers: { note: async () => undefined },
    ports: noPorts,
    devices,
    metrics,
    bus,
    spool,
    clock,
    now: clock.now,
    log: silentLog,
    terms: async () => state.terms,
    partitionOf: async () => (deviceId) => deviceId % 2,
    batchMs: 20,
  });
  await ingest.start();
  t.after(() => ingest.stop());
  let at = Date.now() - 1_000;
  const outcome = (deviceId: number, more: Partial<PollOutcome> = {}): PollOutcome => ({
    deviceId,
    collectors: [{ name: 'snmp', intervalSeconds: 10 }],
    run: { name: 'snmp', up: true, at: ++at, durationMs: 3, error: null, credentialId: null },
    result: {
      polledAt: at,
      restarted: false,
      faults: [],
      samples: [{ layout: LAYOUT, values: Float64Array.of(deviceId) }],
    },
    ...more,
  });
  return { state, rows, origins, states, facts, published, before, listeners, ingest, spool, outcome };
}

test('what several polls gave is stored together, with the slot as time and under one sequence', async (t) => {
  const { ingest, rows, origins, states, outcome } = await world(t);
  const [one, two] = [outcome(1), outcome(2)];
  ingest.record(one);
  ingest.record(two);
  await ingest.flush();
  assert.deepEqual(
    rows.map(({ deviceId, at }) => [deviceId, at]),
    [
      [1, one.run.at],
      [2, two.run.at],
    ],
  );
  assert.deepEqual(origins, [{ source: 's', sequence: 1 }]);
  assert.deepEqual(
    states.map(({ deviceId, status, seen }) => [deviceId, status, seen]),
    [
      [1, 'up', true],
      [2, 'up', true],
    ],
  );
});

test('nothing is lost or doubled while the store is away, and the oldest comes first', async (t) => {
  const { state, ingest, spool, rows, outcome } = await world(t);
  state.away = true;
  for (let id = 1; id <= 5; id++) {
    ingest.record(outcome(id));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.equal(spool.backlog, 5);
  assert.equal(rows.length, 0);
  state.away = false;
  await ingest.flush();
  assert.deepEqual(
    rows.map(({ deviceId }) => deviceId),
    [1, 2, 3, 4, 5],
  );
});

test('a full memory drops the oldest, and counts exactly what it dropped', async (t) => {
  const { state, ingest, rows, outcome } = await world(t, 3);
  state.away = true;
  for (let id = 1; id <= 10; id++) {
    ingest.record(outcome(id));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  state.away = false;
  await ingest.flush();
  const dropped = ingest.counters()['samples_dropped_total{reason="spool_full"}'] ?? 0;
  assert.equal(rows.length + dropped, 10);
  assert.equal(rows.at(-1)?.deviceId, 10);
  assert.ok(dropped >= 6);
});

test('a row that the store refuses does not hold up the others', async (t) => {
  const { state, ingest, rows, outcome } = await world(t);
  state.refuse = (row) => row.deviceId === 2;
  for (const id of [1, 2, 3]) ingest.record(outcome(id));
  await ingest.flush();
  assert.deepEqual(
    rows.map(({ deviceId }) => deviceId),
    [1, 3],
  );
  assert.equal(ingest.counters()['samples_dropped_total{reason="refused"}'], 1);
});

test('the status counts runs from before this process', async (t) => {
  const { ingest, states, before, outcome } = await world(t);
  const run = { name: 'icmp', up: false, at: Date.now() - 2_000, durationMs: 1, credentialId: null };
  before.push({ id: 1, runs: [{ ...run, error: { code: 'no_answer', message: 'No echo.' } }] });
  const collectors = [
    { name: 'snmp', intervalSeconds: 10 },
    { name: 'icmp', intervalSeconds: 10 },
  ];
  ingest.record(outcome(1, { collectors }));
  await ingest.flush();
  assert.equal(states[0]?.status, 'degraded');
  assert.equal(states[0]?.reason, 'icmp: No echo.');
});

test('samples are published only of a device that somebody watches', async (t) => {
  const { ingest, published, listeners, outcome } = await world(t);
  listeners.get('interest')?.({ topics: ['samples/2'], ttlMs: 10_000 });
  ingest.record(outcome(1));
  ingest.record(outcome(2));
  await ingest.flush();
  const samples = published.filter(([topic]) => topic.startsWith('samples'));
  assert.deepEqual(
    samples.map(([topic]) => topic),
    ['samples/2'],
  );
  const event = samples[0]?.[1] as SamplesEvent | undefined;
  assert.equal(event?.samples[0]?.value, 2);
  const polled = published.filter(([, message]) => (message as DeviceEvent).change === 'polled');
  assert.equal(polled.length, 1);
});

test('facts are written when they say something new', async (t) => {
  const { ingest, facts, outcome } = await world(t);
  const inventory = (uptimeSeconds: number, usagePercent: number, vlan: string) => ({
    system: { sysName: 'a', uptimeSeconds } as never,
    processors: [{ oid: '1', name: 'cpu', usagePercent }],
    vlans: [{ id: 1, name: vlan }],
  });
  for (const value of [inventory(1, 5, 'x'), inventory(2, 6, 'x'), inventory(3, 7, 'y')]) {
    const poll = outcome(1);
    ingest.record({ ...poll, result: poll.result && { ...poll.result, facts: value } });
    await ingest.flush();
  }
  assert.deepEqual(
    facts.map(({ sections }) => sections),
    [['system', 'processors', 'vlans'], ['vlans']],
  );
});

test('an infinity costs its one value, not the batch', async (t) => {
  const { ingest, rows, outcome } = await world(t);
  const poll = outcome(1);
  ingest.record({
    ...poll,
    result: poll.result && {
      ...poll.result,
      samples: [{ layout: LAYOUT, values: Float64Array.of(Number.POSITIVE_INFINITY) }],
    },
  });
  await ingest.flush();
  assert.ok(Number.isNaN(rows[0]?.values[0]));
  assert.equal(ingest.counters()['samples_dropped_total{reason="infinite"}'], 1);
});

test('what was polled without a lease is stored unless somebody took the partition over', async (t) => {
  const { state, ingest, rows, states, outcome } = await world(t);
  const unleased = [
    { partition: 0, term: 3 },
    { partition: 1, term: 5 },
  ];
  ingest.record({ ...outcome(1), unleased });
  ingest.record({ ...outcome(2), unleased });
  state.terms = [
    { partition: 0, term: 4 },
    { partition: 1, term: 5 },
  ];
  await ingest.flush();
  assert.deepEqual(
    rows.map(({ deviceId }) => deviceId),
    [1],
  );
  assert.deepEqual(
    states.map(({ deviceId }) => deviceId),
    [1],
  );
  assert.equal(ingest.counters()['samples_dropped_total{reason="taken_over"}'], 1);
  ingest.record(outcome(2));
  await ingest.flush();
  assert.equal(rows.at(-1)?.deviceId, 2);
});

test('the store is told which facts a fault has cut short', async (t) => {
  const { ingest, facts, outcome } = await world(t);
  for (const partial of [['vlans'] as const, []]) {
    const poll = outcome(1);
    ingest.record({ ...poll, result: poll.result && { ...poll.result, facts: { vlans: [] }, partial } });
    await ingest.flush();
  }
  assert.deepEqual(facts, [
    { deviceId: 1, sections: ['vlans'], partial: ['vlans'] },
    { deviceId: 1, sections: ['vlans'] },
  ]);
});
