'use client';
import { useMemo } from 'react';
import Link from 'next/link';
import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import { PageChart } from '#features/metrics/PageChart.tsx';
import { useRange } from '#features/metrics/useRange.ts';
import { show } from '#lib/format.ts';
import type { ChartSeries } from '#ui/chart/data.ts';
import { interfaceName, useTraffic } from './traffic.ts';

export interface InterfaceChartProps {
  device: string;
  intervalSeconds: number;
  facts: InterfaceFacts;
  height?: number;
  /** Where the title leads. */
  href?: string;
}

/** Traffic of one interface, in above and out below. */
export function TrafficChart({ device, intervalSeconds, facts, height, href }: InterfaceChartProps) {
  const traffic = useTraffic({ device, intervalSeconds, points: 400, ifIndex: facts.ifIndex, expected: 1 });
  const own = traffic.byIndex.get(facts.ifIndex);
  const name = interfaceName(facts);
  const series = useMemo<ChartSeries[]>(
    () => [
      { key: 'in', label: 'In', points: own?.in ?? [], color: 1 },
      { key: 'out', label: 'Out', points: own?.out ?? [], color: 2, mirrored: true },
    ],
    [own],
  );
  const title = (
    <>
      {name}
      {facts.ifAlias ? <span className="font-normal text-muted"> {facts.ifAlias}</span> : null}
    </>
  );
  return (
    <PageChart
      title={
        href ? (
          <Link href={href} prefetch={false} scroll={false} className="hover:underline">
            {title}
          </Link>
        ) : (
          'Traffic'
        )
      }
      label={`Traffic of ${name}`}
      series={series}
      unit="bit/s"
      height={height}
      loading={traffic.pending}
      files={traffic.files}
      aside={facts.speedBps ? show(facts.speedBps, 'bit/s') : null}
      empty="No rate yet: it takes two polls."
    />
  );
}

const FAULTS = [
  ['ifInErrors', 'Errors in', 1],
  ['ifOutErrors', 'Errors out', 2],
  ['ifInDiscards', 'Discards in', 3],
  ['ifOutDiscards', 'Discards out', 4],
] as const;

/** Errors and discards of one interface, packets a second. */
export function FaultChart({ device, intervalSeconds, facts, height }: InterfaceChartProps) {
  const labels = useMemo(() => ({ ifIndex: String(facts.ifIndex) }), [facts.ifIndex]);
  const common = { device, intervalSeconds, labels };
  const first = useRange({ ...common, metric: FAULTS[0][0] });
  const second = useRange({ ...common, metric: FAULTS[1][0] });
  const third = useRange({ ...common, metric: FAULTS[2][0] });
  const fourth = useRange({ ...common, metric: FAULTS[3][0] });
  const series = useMemo<ChartSeries[]>(
    () =>
      [first.lines, second.lines, third.lines, fourth.lines].flatMap((lines, i) => {
        const [metric, label, color] = FAULTS[i] ?? FAULTS[0];
        return lines[0] ? [{ key: metric, label, points: lines[0].points, color }] : [];
      }),
    [first.lines, second.lines, third.lines, fourth.lines],
  );
  return (
    <PageChart
      title="Errors and discards"
      label="Errors and discards"
      series={series}
      unit="pkt/s"
      height={height}
      loading={first.pending}
      files={[first, second, third, fourth].flatMap(({ files }) => files)}
    />
  );
}
