'use client';
import { useMemo } from 'react';
import { PageChart } from '#features/metrics/PageChart.tsx';
import { mapPoints, meanOf, newestOf, peakOf } from '#features/metrics/points.ts';
import { useRange } from '#features/metrics/useRange.ts';
import { show } from '#lib/format.ts';
import type { ChartSeries } from '#ui/chart/data.ts';
import { Section } from '#ui/page.tsx';

interface PollCostProps {
  device: string;
  intervalSeconds: number;
}

/** What is known of a poll's cost, in words that say what the device has to bear. */
const COSTS = [
  { metric: 'snmp_poll_seconds', title: 'Time', unit: 'ms', scale: 1000 },
  { metric: 'snmp_poll_requests', title: 'Requests', unit: null, scale: 1 },
  { metric: 'snmp_poll_retries', title: 'Sent again', unit: null, scale: 1 },
  { metric: 'snmp_poll_varbinds', title: 'Values read', unit: null, scale: 1 },
  { metric: 'snmp_poll_octets', title: 'Both ways', unit: 'B', scale: 1 },
  { metric: 'snmp_poll_faults', title: 'Faults', unit: null, scale: 1 },
] as const;
type Cost = (typeof COSTS)[number];

function useCost({ device, intervalSeconds }: PollCostProps, { metric, scale }: Cost) {
  const { lines, pending, files } = useRange({ device, metric, intervalSeconds });
  const points = useMemo(() => mapPoints(lines[0]?.points ?? [], (value) => value * scale), [lines, scale]);
  return { points, pending, files };
}

/** What polls by SNMP cost the device and us: newest, mean and most over the page's window, and their time as a chart. */
export function PollCost(props: PollCostProps) {
  const time = useCost(props, COSTS[0]);
  const series = useMemo<ChartSeries[]>(
    () => [{ key: 'time', label: 'Time of a poll', points: time.points, color: 1 }],
    [time.points],
  );
  return (
    <Section title="What a poll by SNMP costs" className="mt-6 max-w-4xl">
      <div className="grid gap-3 lg:grid-cols-2">
        <div className="card overflow-x-auto p-4">
          <table className="w-full text-[13px]">
            <thead className="text-muted">
              <tr>
                <th scope="col" className="pb-2 text-left font-normal">
                  A poll
                </th>
                {['Newest', 'Mean', 'Most'].map((head) => (
                  <th key={head} scope="col" className="pb-2 pl-4 text-right font-normal">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {COSTS.map((cost) => (
                <CostRow key={cost.metric} cost={cost} {...props} />
              ))}
            </tbody>
          </table>
        </div>
        <PageChart
          title="Time of a poll"
          label="Time of a poll"
          series={series}
          unit="ms"
          loading={time.pending}
          files={time.files}
        />
      </div>
    </Section>
  );
}

function CostRow({ cost, ...props }: PollCostProps & { cost: Cost }) {
  const { points } = useCost(props, cost);
  const figures = [newestOf(points), meanOf(points), points.length > 0 ? peakOf(points) : null];
  return (
    <tr>
      <th scope="row" className="py-1 text-left font-normal">
        {cost.title}
      </th>
      {figures.map((value, i) => (
        <td key={i} className="figures py-1 pl-4 text-right whitespace-nowrap">
          {show(value, cost.unit)}
        </td>
      ))}
    </tr>
  );
}
