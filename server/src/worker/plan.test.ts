import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { partitionOf } from '#domain/partition.ts';
import { createPlan, immediateJobs, LEAD_MS, nextWindow } from './plan.ts';
import type { PlanEntry, PlanWindow } from './plan.ts';

const TICK = 5_000;
const START = 1_800_000_000_123;

/** Every slot of the plan in the windows, as "device collector instant". */
function slots(entries: readonly PlanEntry[], windows: readonly PlanWindow[], partitions = 4): string[] {
  const plan = createPlan(entries, partitions);
  const found: string[] = [];
  for (const window of windows) {
    for (const [partition, job] of plan.jobs(window)) {
      for (const group of job.groups) {
        for (let i = 0; i < group.items.length; i += 2) {
          const deviceId = group.items[i] ?? 0;
          const at = job.base + (group.items[i + 1] ?? 0);
          assert.equal(partitionOf(deviceId, partitions), partition);
          assert.ok(at >= window.from && at < window.to);
          found.push(`${deviceId} ${group.collector} ${at}`);
        }
      }
    }
  }
  return found;
}

const entries = fc.uniqueArray(
  fc.record({
    deviceId: fc.integer({ min: 1, max: 1_000 }),
    collector: fc.constantFrom('icmp', 'snmp'),
    intervalSeconds: fc.integer({ min: 1, max: 120 }),
  }),
  { selector: (entry) => `${entry.deviceId} ${entry.collector}`, maxLength: 30 },
);

test('however time is cut into windows, every slot comes exactly once and slots lie one interval apart', () => {
  fc.assert(
    fc.property(entries, fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 }), (schedule, cuts) => {
      const windows: PlanWindow[] = [];
      let from = START;
      for (const cut of cuts) {
        windows.push({ from, to: from + cut });
        from += cut;
      }
      const piecewise = slots(schedule, windows).toSorted();
      assert.deepEqual(piecewise, slots(schedule, [{ from: START, to: from }]).toSorted());
      assert.equal(new Set(piecewise).size, piecewise.length);
      for (const entry of schedule) {
        const interval = entry.intervalSeconds * 1_000;
        const own = piecewise
          .filter((slot) => slot.startsWith(`${entry.deviceId} ${entry.collector} `))
          .map((slot) => Number(slot.split(' ')[2]))
          .toSorted((a, b) => a - b);
        assert.ok(own.length >= Math.floor((from - START) / interval));
        for (let i = 1; i < own.length; i++) assert.equal((own[i] ?? 0) - (own[i - 1] ?? 0), interval);
      }
    }),
  );
});

test('the load is flat: of 10,000 devices at 60 s no second has a third more than the mean', () => {
  const schedule = Array.from({ length: 10_000 }, (_, i) => ({
    deviceId: i + 1,
    collector: 'snmp',
    intervalSeconds: 60,
  }));
  const seconds = Array.from({ length: 60 }, () => 0);
  for (const slot of slots(schedule, [{ from: START, to: START + 60_000 }])) {
    seconds[Math.floor((Number(slot.split(' ')[2]) - START) / 1_000)]!++;
  }
  for (const count of seconds) assert.ok(count > 110 && count < 222, seconds.join());
});

test('the shortest and the longest interval: planned tick by tick, each second has its slot, and each day one at the same time', () => {
  const schedule: PlanEntry[] = [1, 2, 3].flatMap((deviceId) => [
    { deviceId, collector: 'icmp', intervalSeconds: 1 },
    { deviceId, collector: 'snmp', intervalSeconds: 86_400 },
  ]);
  const DAY = 86_400_000;
  const plan = createPlan(schedule, 4);
  const first = new Map<string, number>();
  const counts = new Map<string, number>();
  // Two days in ticks of five seconds: 34,560 windows.
  for (let from = START; from < START + 2 * DAY; from += TICK) {
    for (const job of plan.jobs({ from, to: from + TICK }).values()) {
      for (const { collector, intervalMs, items } of job.groups) {
        for (let i = 0; i < items.length; i += 2) {
          const key = `${items[i]} ${collector}`;
          const at = job.base + (items[i + 1] ?? 0);
          const start = first.get(key) ?? first.set(key, at).get(key)!;
          const n = counts.get(key) ?? 0;
          assert.equal(at, start + n * intervalMs);
          counts.set(key, n + 1);
        }
      }
    }
  }
  for (const { deviceId, collector, intervalSeconds } of schedule) {
    assert.equal(counts.get(`${deviceId} ${collector}`), (2 * 86_400) / intervalSeconds);
  }
});

test('ticks that come late or early give windows that touch', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: TICK + LEAD_MS }), { maxLength: 50 }), (pauses) => {
      let now = START;
      let window = nextWindow(null, now, TICK);
      for (const pause of pauses) {
        now += pause;
        const next = nextWindow(window.to, now, TICK);
        assert.equal(next.from, window.to);
        assert.ok(next.to >= now + LEAD_MS + TICK - 1 || next.to === next.from);
        window = next;
      }
    }),
  );
});

test('whatever the clock does, a window is never longer than two ticks and the lead, and starts near the present', () => {
  fc.assert(
    fc.property(fc.integer({ min: START - 10 ** 9, max: START + 10 ** 9 }), (plannedUntil) => {
      const window = nextWindow(plannedUntil, START, TICK);
      assert.ok(window.to - window.from <= 2 * TICK + LEAD_MS);
      assert.ok(window.from >= START - TICK && window.from <= START + 2 * TICK + LEAD_MS);
    }),
  );
});

test('an immediate job holds every collector of the device at offset 0', () => {
  const jobs = immediateJobs(
    [
      { deviceId: 7, collector: 'icmp', intervalSeconds: 10 },
      { deviceId: 7, collector: 'snmp', intervalSeconds: 60 },
    ],
    4,
    START,
  );
  assert.deepEqual(
    [...jobs.values()],
    [
      {
        base: START,
        urgent: true,
        groups: [
          { collector: 'icmp', intervalMs: 10_000, items: [7, 0] },
          { collector: 'snmp', intervalMs: 60_000, items: [7, 0] },
        ],
      },
    ],
  );
});
