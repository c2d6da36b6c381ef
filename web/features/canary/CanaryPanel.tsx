'use client';
import { useQuery } from '@tanstack/react-query';
import type { Canary } from '@sotp/contract/canary.ts';
import { browserApi } from '#lib/api.ts';
import { count, show } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Section } from '#ui/page.tsx';
import { UpDown } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { canaryState } from './queries.ts';

type Path = Canary['paths'][number];

const WORDS = {
  metric: ['Samples', 'collector, spool, store, read back'],
  log: ['Log lines', 'collector, spool, store, read back'],
  alert: ['Alerts', 'condition, outbox, notifier, receiver'],
} as const;

/** Nothing of it may be missing. */
function Loss({ path: { lossPercent, lostLastHour } }: { path: Path }) {
  if (lossPercent > 0) return <UpDown up={false} word={`${lossPercent.toFixed(1)} %`} />;
  if (lostLastHour > 0) return <span>0 %, {count(lostLastHour)} in the last hour</span>;
  return <UpDown up word="none lost" />;
}

const figure = (ms: number | null) => <span className="figures">{show(ms, 'ms')}</span>;

const COLUMNS: readonly Column<Path>[] = [
  {
    id: 'path',
    header: 'What',
    cell: ({ path }) => (
      <span>
        <span className="font-medium">{WORDS[path][0]}</span> <span className="text-muted">{WORDS[path][1]}</span>
      </span>
    ),
  },
  { id: 'loss', header: 'Lost', width: '220px', cell: (path) => <Loss path={path} /> },
  { id: 'p50', header: 'Half within', width: '110px', numeric: true, cell: ({ latencyP50Ms }) => figure(latencyP50Ms) },
  { id: 'p99', header: '99 % within', width: '110px', numeric: true, cell: ({ latencyP99Ms }) => figure(latencyP99Ms) },
  {
    id: 'newest',
    header: 'Newest',
    width: '110px',
    numeric: true,
    from: 'md',
    cell: ({ newestAt }) => <Age at={newestAt} />,
  },
];

/** How late what is collected can be read, and what of it is lost, as the canary finds out. */
export function CanaryPanel() {
  const { data } = useQuery(canaryState(browserApi));
  if (!data) return null;
  return (
    <Section title="From end to end" aside="by the canary, last 5 min">
      {data.running ? (
        <DataTable<Path>
          label="From end to end"
          rows={data.paths}
          columns={COLUMNS}
          rowKey={({ path }) => path}
          sortedByServer
          phone={(path) => (
            <>
              <span className="flex justify-between gap-3">
                <span className="font-medium">{WORDS[path.path][0]}</span>
                <Loss path={path} />
              </span>
              <span className="figures block text-[12px] text-muted">
                half within {show(path.latencyP50Ms, 'ms')}, 99 % within {show(path.latencyP99Ms, 'ms')}
              </span>
            </>
          )}
        />
      ) : (
        <p className="card px-4 py-4 text-muted">
          The canary does not sing: it is switched off (canary.enabled), or no hub leads.
        </p>
      )}
    </Section>
  );
}
