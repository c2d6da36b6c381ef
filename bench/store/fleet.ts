import type { Layout, PollRow } from '../../server/src/stores/metrics/metrics.ts';

const COLUMNS = [
  'ifHCInOctets',
  'ifHCOutOctets',
  'ifHCInUcastPkts',
  'ifHCOutUcastPkts',
  'ifHCInMulticastPkts',
  'ifHCInBroadcastPkts',
  'ifHCOutMulticastPkts',
  'ifHCOutBroadcastPkts',
  'ifInErrors',
  'ifOutErrors',
  'ifInDiscards',
] as const;

/** A small fast generator, so that every run measures the same data. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export interface Fleet {
  readonly seriesPerDevice: number;
  /** One poll of every device; called with instants in order. */
  poll(at: number): PollRow[];
}

/**
 * Switches whose ports look like those of an office network: a third without a link, most of the others quiet with
 * bursts, a few busy; traffic wanders, packets follow octets, broadcasts trickle, errors are rare.
 */
export function createFleet(devices: number, ports: number, intervalMs: number, seed = 1): Fleet {
  const rand = random(seed);
  const layouts: Layout[] = Array.from({ length: devices }, () => ({
    series: Array.from({ length: ports }, (_, port) =>
      COLUMNS.map((metric) => ({
        metric,
        labels: { interface: `Gi1/0/${port + 1}`, ifIndex: String(port + 1) },
        unit: metric.endsWith('Octets') ? 'octets' : null,
        kind: 'counter' as const,
      })),
    ).flat(),
  }));
  const width = COLUMNS.length;
  const values = Array.from({ length: devices }, () => new Float64Array(ports * width));
  const level = Array.from({ length: devices * ports }, () => {
    const kind = rand();
    if (kind < 0.35) return 0;
    return kind < 0.9 ? 10 ** (2 + rand() * 3) : 10 ** (5.5 + rand() * 2);
  });
  for (const counters of values) {
    for (let i = 0; i < counters.length; i++) counters[i] = Math.floor(rand() * 10 ** (2 + rand() * 10));
  }
  const seconds = intervalMs / 1000;
  return {
    seriesPerDevice: ports * width,
    poll(at) {
      return values.map((counters, d): PollRow => {
        for (let p = 0; p < ports; p++) {
          const o = p * width;
          const pace = level[d * ports + p]!;
          if (pace === 0) continue;
          const burst = rand() < 0.05 ? 20 : 1;
          const octetsIn = Math.floor(pace * burst * seconds * (0.7 + 0.6 * rand()));
          const octetsOut = Math.floor(pace * seconds * (0.35 + 0.3 * rand()));
          counters[o]! += octetsIn;
          counters[o + 1]! += octetsOut;
          counters[o + 2]! += Math.floor((octetsIn / 700) * (0.9 + 0.2 * rand()));
          counters[o + 3]! += Math.floor((octetsOut / 500) * (0.9 + 0.2 * rand()));
          counters[o + 4]! += Math.floor(rand() * 6);
          counters[o + 5]! += Math.floor(rand() * 10);
          counters[o + 6]! += Math.floor(rand() * 40);
          counters[o + 7]! += Math.floor(rand() * 60);
          if (rand() < 0.002) counters[o + 8]! += 1 + Math.floor(rand() * 5);
          if (rand() < 0.001) counters[o + 9]! += 1;
          if (burst > 1 && rand() < 0.1) counters[o + 10]! += Math.floor(rand() * 100);
        }
        const layout = layouts[d]!;
        const polledAt = at + Math.floor(rand() * 2_000);
        return { deviceId: d + 1, at, polledAt, restarted: false, layout, values: counters.slice() };
      });
    },
  };
}
