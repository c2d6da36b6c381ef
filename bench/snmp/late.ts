// Bar S1: devices that answer twice, late, out of order or at the second try only, whose counters wrap, that start anew
// and number their ports anew, polled until 100,000 counters were stored. None may be another moment's or another port's,
// and no rate absurd: `node bench/snmp/late.ts [--devices 100] [--samples 100000] [--seed 1]`.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { PollResult, Target } from '../../server/src/collectors/collector.ts';
import { createSnmpCollector } from '../../server/src/collectors/snmp/index.ts';
import { SnmpSettings } from '../../server/src/collectors/snmp/settings.ts';
import { openTransport } from '../../server/src/collectors/snmp/transport/open.ts';
import { counterIncrease } from '../../server/src/domain/counters.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { MOVE_EVERY, PORTS, RATE, startLateDevice, valueFits } from './late-device.ts';
import { createMutator } from './mutate.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '100' },
    samples: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const wanted = Number(options.samples);
const { random } = createMutator(Number(options.seed));
const deps = { clock: systemClock, log: silentLog, random: Math.random };
const transport = await openTransport(deps);
const collector = createSnmpCollector(transport, deps);
const devices = await Promise.all(
  Array.from({ length: Number(options.devices) }, (_, i) => startLateDevice(random, i % 4 === 3)),
);

let samples = 0;
let polls = 0;
let failed = 0;
let wrong = 0;
let doubled = 0;
let absurd = 0;
let rates = 0;
let unknown = 0;
let restarts = 0;
let leftOut = 0;
const faulty: string[] = [];

interface Before {
  readonly value: number;
  readonly at: number;
  /** How long the poll took. */
  readonly took: number;
  readonly rate: number | null;
}

async function follow(deviceId: number): Promise<void> {
  const device = devices[deviceId];
  if (!device) return;
  const credentials = [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c' as const, secret: { community: 'public' } } }];
  const target: Target = { deviceId, address: '127.0.0.1', credentials };
  const settings = SnmpSettings.parse({ port: device.port, timeoutMs: 600, retries: 2 });
  const before = new Map<string, Before>();
  for (let n = 0; samples < wanted; n += 1) {
    if (n > 0 && n % MOVE_EVERY === 0) device.move(n / MOVE_EVERY);
    const begun = performance.now();
    let result: PollResult;
    try {
      const context = { signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() };
      result = await collector.poll(target, settings, context);
    } catch {
      failed += 1;
      continue;
    }
    polls += 1;
    if (result.restarted) restarts += 1;
    take(result, begun, performance.now(), before, device);
    await sleep(20);
  }
}

function take(
  { samples: sets, restarted, polledAt }: PollResult,
  begun: number,
  ended: number,
  before: Map<string, Before>,
  device: (typeof devices)[number],
): void {
  const seen = new Set<string>();
  if (restarted) before.clear();
  for (const { layout, values } of sets) {
    for (const [i, { metric, labels, kind }] of layout.series.entries()) {
      const value = values[i] ?? Number.NaN;
      if (kind !== 'counter' || !/^if(HC)?(In|Out)Octets$/.test(metric)) continue;
      const key = `${metric} ${labels['interface']}`;
      if (Number.isNaN(value)) {
        leftOut += 1;
        before.delete(key);
        continue;
      }
      samples += 1;
      if (seen.has(key)) doubled += 1;
      seen.add(key);
      if (!valueFits(device, Number(labels['interface']?.slice(1)), value, begun, ended)) {
        wrong += 1;
        faulty.push(`${key} of device ${devices.indexOf(device)}: ${value}`);
      }
      judgeRate(key, value, polledAt, ended - begun, before);
    }
  }
}

function judgeRate(key: string, value: number, at: number, took: number, before: Map<string, Before>): void {
  const last = before.get(key);
  let rate: number | null = null;
  if (last && at > last.at) {
    const step = { previous: last.value, current: value, spanMs: at - last.at, restarted: false };
    const increase = counterIncrease({ ...step, rateBefore: last.rate });
    if (increase === null) unknown += 1;
    else {
      rates += 1;
      rate = increase / ((at - last.at) / 1000);
      // The device looked at some moment of each of the two polls: more than it counted between can be no rate.
      const most = (RATE * (at - last.at + took + last.took)) / 1000;
      if (rate < 0 || increase > most + 64) {
        absurd += 1;
        faulty.push(`${key}: ${rate} a second`);
      }
    }
  }
  before.set(key, { value, at, took, rate });
}

const started = performance.now();
await Promise.all(devices.map((_, i) => follow(i)));
const { dropped, retried } = transport.counters;
const sent = devices.reduce((sum, { tricks }) => sum + tricks(), 0);
await collector.close();
await Promise.all(devices.map((device) => device.stop()));
for (const one of faulty.slice(0, 10)) console.log(one);
const passed =
  samples >= wanted && wrong === 0 && doubled === 0 && absurd === 0 && dropped.late > 0 && dropped.duplicate > 0;
const figures = {
  bench: 'snmp/late',
  bar: 'S1',
  devices: devices.length,
  ports: PORTS,
  polls,
  failed,
  samples,
  wrong,
  doubled,
  rates,
  absurd,
  ratesUnknown: unknown,
  leftOut,
  restarts,
  tricks: sent,
  retried,
  late: dropped.late,
  duplicate: dropped.duplicate,
  seconds: Math.round((performance.now() - started) / 1000),
  passed,
};
console.log(JSON.stringify(figures));
process.exitCode = passed ? 0 : 1;
