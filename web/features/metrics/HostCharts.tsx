'use client';
import { useMemo, type ReactNode } from 'react';
import type { MemoryFacts } from '@sotp/contract/inventory.ts';
import type { ChartSeries } from '#ui/chart/data.ts';
import { PageChart } from './PageChart.tsx';
import { mapPoints, meanAndMax } from './points.ts';
import { labelOf, useRange } from './useRange.ts';

interface HostChartProps {
  device: string;
  intervalSeconds: number;
}

const MOST_LINES = 4;

/** Round trip and jitter by ping. */
export function RttChart({ device, intervalSeconds }: HostChartProps) {
  const rtt = useRange({ device, metric: 'icmp_rtt_ms', intervalSeconds });
  const jitter = useRange({ device, metric: 'icmp_jitter_ms', intervalSeconds });
  const series = useMemo<ChartSeries[]>(
    () => [
      { key: 'rtt', label: 'Round trip', points: rtt.lines[0]?.points ?? [], color: 1 },
      { key: 'jitter', label: 'Jitter', points: jitter.lines[0]?.points ?? [], color: 2 },
    ],
    [rtt.lines, jitter.lines],
  );
  return (
    <PageChart
      title="Ping: round trip"
      label="Round-trip time and jitter"
      series={series}
      unit="ms"
      loading={rtt.pending}
      files={[...rtt.files, ...jitter.files]}
    />
  );
}

/** Lost echoes by ping. */
export function LossChart({ device, intervalSeconds }: HostChartProps) {
  const loss = useRange({ device, metric: 'icmp_loss_percent', intervalSeconds });
  const series = useMemo<ChartSeries[]>(
    () => [{ key: 'loss', label: 'Loss', points: loss.lines[0]?.points ?? [], color: 4 }],
    [loss.lines],
  );
  return (
    <PageChart
      title="Ping: loss"
      label="Lost echoes"
      series={series}
      unit="%"
      top={100}
      loading={loss.pending}
      files={loss.files}
    />
  );
}

/** Load of the processors: each of a few, else their mean and the busiest. */
export function CpuChart({ device, intervalSeconds }: HostChartProps) {
  const load = useRange({ device, metric: 'hrProcessorLoad', intervalSeconds });
  const noHost = !load.pending && load.lines.length === 0;
  const idle = useRange({ device, metric: 'ssCpuIdle', intervalSeconds, enabled: noHost });
  const series = useMemo<ChartSeries[]>(() => {
    if (load.lines.length === 0) {
      const points = idle.lines[0]?.points ?? [];
      return [{ key: 'busy', label: 'Busy', points: mapPoints(points, (value) => 100 - value), color: 1 }];
    }
    if (load.lines.length <= MOST_LINES) {
      return load.lines.map((line, i) => ({
        key: line.id,
        label:
          load.lines.length > 1 ? `${i + 1}. ${labelOf(line.labels, 'Processor')}` : labelOf(line.labels, 'Processor'),
        points: line.points,
        color: i + 1,
      }));
    }
    const { mean, max } = meanAndMax(load.lines.map(({ points }) => points));
    return [
      { key: 'mean', label: `Mean of ${load.lines.length}`, points: mean, color: 1 },
      { key: 'max', label: 'Busiest', points: max, color: 2 },
    ];
  }, [load.lines, idle.lines]);
  return (
    <PageChart
      title="Processors"
      label="Processor load"
      series={series}
      unit="%"
      top={100}
      loading={load.pending}
      files={[...load.files, ...idle.files]}
    />
  );
}

/** How full each memory is. */
export function MemoryChart({
  device,
  intervalSeconds,
  memory,
  aside,
}: HostChartProps & { memory: readonly MemoryFacts[]; aside?: ReactNode }) {
  const used = useRange({ device, metric: 'hrStorageUsed', intervalSeconds, labels: { kind: 'memory' } });
  const series = useMemo<ChartSeries[]>(
    () =>
      used.lines.slice(0, 8).flatMap((line, i) => {
        const name = labelOf(line.labels, 'Memory');
        const total = memory.find((each) => each.name === name)?.totalBytes;
        if (!total) return [];
        return [
          { key: line.id, label: name, points: mapPoints(line.points, (value) => (100 * value) / total), color: i + 1 },
        ];
      }),
    [used.lines, memory],
  );
  return (
    <PageChart
      title="Memory"
      label="Memory in use"
      series={series}
      unit="%"
      top={100}
      loading={used.pending}
      files={used.files}
      aside={aside}
    />
  );
}
