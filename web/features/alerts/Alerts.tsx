'use client';
import { useQuery } from '@tanstack/react-query';
import type { Alert } from '@sotp/contract/alerts.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { duration, plural } from '#lib/format.ts';
import { Age, Instant } from '#ui/age.tsx';
import { PageHead, Section } from '#ui/page.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { StatusMark } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { Channels } from './Channels.tsx';
import { Deliveries } from './Deliveries.tsx';
import { FiringAlert } from './FiringAlert.tsx';
import { alertList } from './queries.ts';
import { SeverityMark } from './Severity.tsx';

function stateOf(firing: readonly Alert[]): string {
  if (firing.length === 0) return 'Nothing fires';
  const open = firing.filter(({ acknowledgedAt }) => acknowledgedAt === null).length;
  return `${firing.length} firing, ${open === 0 ? 'all acknowledged' : `${open} not acknowledged`}`;
}

/** What fires, what fired lately, and who is told. */
export function Alerts() {
  const firing = useQuery(alertList(browserApi, 'firing'));
  const recent = useQuery(alertList(browserApi, 'resolved'));
  const mayConfigure = useMay('system:write');
  return (
    <>
      <PageHead title="Alerts" state={firing.data ? stateOf(firing.data.items) : null} />
      <div className="flex flex-col gap-6">
        {firing.error && !firing.data ? (
          <ErrorState error={firing.error} what="The alerts could not be read." onRetry={() => void firing.refetch()} />
        ) : !firing.data ? (
          <SkeletonRows rows={3} />
        ) : firing.data.items.length === 0 ? (
          <p className="card flex flex-wrap items-center gap-2 px-4 py-6 text-muted">
            <StatusMark status="up" />
            <span>Nothing fires: SOTP sees and keeps what it should.</span>
          </p>
        ) : (
          <ul className="flex flex-col gap-3">
            {firing.data.items.map((alert) => (
              <FiringAlert key={alert.id} alert={alert} />
            ))}
          </ul>
        )}
        {recent.data ? <Recent alerts={recent.data.items} /> : null}
        {mayConfigure ? <Channels /> : null}
        <Deliveries />
      </div>
    </>
  );
}

const lasted = ({ firedAt, resolvedAt }: Alert) =>
  firedAt && resolvedAt ? duration((Date.parse(resolvedAt) - Date.parse(firedAt)) / 1000) : '–';

const COLUMNS: readonly Column<Alert>[] = [
  {
    id: 'rule',
    header: 'Alert',
    width: '240px',
    cell: ({ rule, severity }) => (
      <span className="inline-flex items-center gap-2 font-medium">
        <SeverityMark severity={severity} over />
        {rule}
      </span>
    ),
  },
  { id: 'summary', header: 'What it was', cell: ({ summary }) => <span title={summary}>{summary}</span> },
  {
    id: 'acknowledged',
    header: 'Acknowledged by',
    width: '150px',
    from: 'xl',
    cell: ({ acknowledgedBy }) => acknowledgedBy ?? '–',
  },
  {
    id: 'fired',
    header: 'Fired',
    width: '190px',
    numeric: true,
    from: 'lg',
    cell: ({ firedAt }) => (firedAt ? <Instant at={firedAt} /> : '–'),
  },
  {
    id: 'lasted',
    header: 'Lasted',
    width: '110px',
    numeric: true,
    from: 'md',
    cell: (alert) => <span className="figures">{lasted(alert)}</span>,
  },
  {
    id: 'over',
    header: 'Over',
    width: '110px',
    numeric: true,
    cell: ({ resolvedAt }) => <Age at={resolvedAt} />,
  },
];

function Recent({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <Section title="Over" aside={alerts.length > 0 ? `the last ${plural(alerts.length, 'alert')}` : null}>
      <DataTable<Alert>
        label="Alerts that are over"
        rows={alerts}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        sortedByServer
        phone={(alert) => (
          <>
            <span className="flex justify-between gap-3">
              <span className="truncate font-medium">{alert.rule}</span>
              <Age at={alert.resolvedAt} className="text-muted" />
            </span>
            <span className="block truncate text-[12px] text-muted">{alert.summary}</span>
          </>
        )}
        empty={<Empty>No alert has fired in the last 90 days.</Empty>}
      />
    </Section>
  );
}
