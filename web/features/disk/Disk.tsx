'use client';
import { useQuery } from '@tanstack/react-query';
import type { MetricUsage } from '@sotp/contract/metrics.ts';
import { logUsage } from '#features/logs/queries.ts';
import { UsageTable } from '#features/logs/UsageTable.tsx';
import { browserApi } from '#lib/api.ts';
import { plural, quantity, show } from '#lib/format.ts';
import { useNow } from '#lib/now.tsx';
import { PageHead, Section } from '#ui/page.tsx';
import { Empty, ErrorState, Skeleton, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { bytesADay } from './growth.ts';
import { metricUsage } from './queries.ts';

type Tier = MetricUsage['tiers'][number];

const TIER_WORDS: Readonly<Record<Tier['tier'], string>> = {
  polls: 'Polls as they came',
  packed: 'Polls, packed',
  '5m': 'Roll-ups of 5 minutes',
  '1h': 'Roll-ups of an hour',
  catalogue: 'List of series',
};

function keptFor({ keepDays }: Tier): string {
  if (keepDays === null) return 'with the device';
  return keepDays < 1 ? plural(Math.round(keepDays * 24), 'hour') : plural(keepDays, 'day');
}

const COLUMNS: readonly Column<Tier>[] = [
  { id: 'tier', header: 'Kept as', cell: ({ tier }) => TIER_WORDS[tier] },
  { id: 'days', header: 'Kept for', width: '140px', numeric: true, cell: keptFor },
  { id: 'bytes', header: 'On disk', width: '120px', numeric: true, cell: ({ bytes }) => show(bytes, 'bytes') },
  {
    id: 'forecast',
    header: 'Will take',
    width: '120px',
    numeric: true,
    cell: ({ forecastBytes }) => show(forecastBytes, 'bytes'),
  },
];

function forecastWords({ forecastBytes }: MetricUsage): string {
  return forecastBytes === null
    ? 'Forecast: once an hour of polls has been packed'
    : 'Forecast: when retention is full, with the devices and intervals of now';
}

/** What history takes on disk, and what it will take once retention has filled up. */
export function Disk() {
  const series = useQuery(metricUsage(browserApi));
  const lines = useQuery(logUsage(browserApi));
  const now = useNow();
  const growth = lines.data ? bytesADay(lines.data, now) : null;
  return (
    <>
      <PageHead
        title="Disk use"
        state={series.data && lines.data ? `${show(series.data.bytes + lines.data.bytes, 'bytes')} of history` : null}
      />
      <div className="flex max-w-4xl flex-col gap-8">
        <Section title="Time series" aside={series.data ? forecastWords(series.data) : null}>
          {series.data ? (
            <>
              <Figures
                items={[
                  ['On disk', series.data.bytes],
                  ['Will take', series.data.forecastBytes],
                ]}
              />
              <DataTable<Tier>
                label="Time series on disk"
                rows={series.data.tiers}
                columns={COLUMNS}
                rowKey={({ tier }) => tier}
                phone={(row) => (
                  <>
                    <span className="flex justify-between gap-3">
                      <span>{TIER_WORDS[row.tier]}</span>
                      <span className="figures">{show(row.bytes, 'bytes')}</span>
                    </span>
                    <span className="flex justify-between gap-3 text-[12px] text-muted">
                      <span>
                        kept {row.keepDays === null ? '' : 'for '}
                        {keptFor(row)}
                      </span>
                      <span className="figures">
                        {row.forecastBytes === null ? 'not known yet' : `will take ${show(row.forecastBytes, 'bytes')}`}
                      </span>
                    </span>
                  </>
                )}
                empty={<Empty>Nothing has been polled yet.</Empty>}
              />
            </>
          ) : (
            <Waiting
              error={series.error}
              what="The size of the time series could not be read."
              again={series.refetch}
            />
          )}
        </Section>
        <Section title="Log lines" aside={lines.data ? 'Kept by severity, as the configuration says' : null}>
          {lines.data ? (
            <>
              <Figures
                items={[
                  ['On disk', lines.data.bytes],
                  ['A day, lately', growth],
                ]}
              />
              <UsageTable usage={lines.data} />
            </>
          ) : (
            <Waiting error={lines.error} what="The size of the log lines could not be read." again={lines.refetch} />
          )}
        </Section>
      </div>
    </>
  );
}

/** The few numbers that are the point of the page. */
function Figures({ items }: { items: readonly (readonly [string, number | null])[] }) {
  return (
    <dl className="mb-3 flex flex-wrap gap-x-10 gap-y-2">
      {items.map(([name, value]) => {
        const { figure, unit } = value === null ? { figure: '–', unit: '' } : quantity(value, 'bytes');
        return (
          <div key={name}>
            <dt className="text-[13px] text-muted">{name}</dt>
            <dd className="figures text-[28px] leading-9 font-semibold tracking-tight">
              {figure} <span className="text-[14px] font-normal text-muted">{unit}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Waiting({ error, what, again }: { error: Error | null; what: string; again(): unknown }) {
  if (error) return <ErrorState error={error} what={what} onRetry={() => void again()} />;
  return (
    <>
      <Skeleton className="mb-3 h-[60px] w-64" />
      <SkeletonRows rows={4} />
    </>
  );
}
