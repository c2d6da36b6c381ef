'use client';
import { useMemo } from 'react';
import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import type { Point } from '@sotp/contract/metrics.ts';
import { mapPoints } from '#features/metrics/points.ts';
import { useRange, type Line } from '#features/metrics/useRange.ts';
import type { ChartFile } from '#ui/chart/files.tsx';

/** Bits a second in and out of one interface. */
export interface Traffic {
  readonly in: readonly Point[];
  readonly out: readonly Point[];
}

export interface TrafficAnswer {
  /** By ifIndex. */
  readonly byIndex: ReadonlyMap<number, Traffic>;
  readonly pending: boolean;
  readonly error: Error | null;
  /** Seconds between points. */
  readonly step: number;
  /** The counters behind it, as rates in octets. */
  readonly files: readonly ChartFile[];
}

/** IANAifType softwareLoopback. */
export const LOOPBACK = 24;

const toBits = (octets: number) => octets * 8;

/** The name of an interface as its device calls it. */
export function interfaceName(facts: InterfaceFacts): string {
  return facts.ifName ?? facts.ifDescr ?? `interface ${facts.ifIndex}`;
}

/** Traffic of all interfaces of a device, or of one; 64-bit counters where the device has them, else 32-bit ones. */
export function useTraffic(options: {
  device: string;
  intervalSeconds: number;
  points: number;
  ifIndex?: number;
  expected: number;
}): TrafficAnswer {
  const { device, intervalSeconds, points, ifIndex, expected } = options;
  const labels = useMemo(() => (ifIndex === undefined ? undefined : { ifIndex: String(ifIndex) }), [ifIndex]);
  const common = { device, intervalSeconds, points, labels };
  const inward = useRange({ ...common, metric: 'ifHCInOctets' });
  const outward = useRange({ ...common, metric: 'ifHCOutOctets' });
  const narrow = !inward.pending && inward.lines.length < expected;
  const inward32 = useRange({ ...common, metric: 'ifInOctets', enabled: narrow });
  const outward32 = useRange({ ...common, metric: 'ifOutOctets', enabled: narrow });

  const byIndex = useMemo(() => {
    const found = new Map<number, { in: Point[]; out: Point[] }>();
    function put(lines: readonly Line[], side: 'in' | 'out'): void {
      for (const line of lines) {
        const index = Number(line.labels['ifIndex']);
        const traffic = found.get(index) ?? { in: [], out: [] };
        traffic[side] = mapPoints(line.points, toBits);
        found.set(index, traffic);
      }
    }
    put(inward32.lines, 'in');
    put(outward32.lines, 'out');
    put(inward.lines, 'in');
    put(outward.lines, 'out');
    return found;
  }, [inward.lines, outward.lines, inward32.lines, outward32.lines]);

  return {
    byIndex,
    pending: inward.pending || outward.pending,
    error: inward.error ?? outward.error,
    step: inward.step,
    files: [inward, outward, ...(narrow ? [inward32, outward32] : [])].flatMap(({ files }) => files),
  };
}
