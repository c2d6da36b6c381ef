'use client';
import { useMemo, useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { CollectorLoad, Fleet as FleetState, FleetCollector, FleetSite } from '@sotp/contract/fleet.ts';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { count, plural, show } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { cx } from '#ui/class.ts';
import { Dialog } from '#ui/dialog.tsx';
import { Facts, PageHead, Section } from '#ui/page.tsx';
import { Tag } from '#ui/small.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { fleetState } from './queries.ts';
import { SpoolNotices } from './SpoolNotices.tsx';

const figure = (value: number | null | undefined, unit: string | null) => (
  <span className="figures">{value == null ? '–' : show(value, unit)}</span>
);

/** Should be nought; anything else catches the eye. */
const lost = (value: number | null | undefined) => (
  <span className={cx('figures', value ? 'text-degraded' : 'text-muted')}>{value == null ? '–' : count(value)}</span>
);

const COLUMNS: readonly Column<FleetCollector>[] = [
  {
    id: 'name',
    header: 'Collector',
    sort: ({ name }) => name,
    cell: ({ name }) => (
      <span className="font-medium" title={name}>
        {name}
      </span>
    ),
  },
  {
    id: 'sites',
    header: 'Sites',
    width: '150px',
    from: 'lg',
    cell: ({ sites }) => <span title={sites?.join(', ')}>{sites === null ? 'all others' : sites.join(', ')}</span>,
  },
  {
    id: 'partitions',
    header: 'Partitions',
    width: '112px',
    numeric: true,
    from: 'md',
    sort: ({ partitions }) => partitions.length,
    cell: ({ partitions }) => <span className="figures">{partitions.length}</span>,
  },
  {
    id: 'polls',
    header: 'Polls/s',
    width: '84px',
    numeric: true,
    sort: ({ load }) => load?.pollsPerSecond ?? null,
    cell: ({ load }) => figure(load?.pollsPerSecond, null),
  },
  {
    id: 'lag',
    header: 'Lag p99',
    width: '92px',
    numeric: true,
    sort: ({ load }) => load?.lagP99Ms ?? null,
    cell: ({ load }) => figure(load?.lagP99Ms, 'ms'),
  },
  {
    id: 'cpu',
    header: 'CPU',
    width: '80px',
    numeric: true,
    sort: ({ load }) => load?.cpuPercent ?? null,
    cell: ({ load }) => figure(load?.cpuPercent, '%'),
  },
  {
    id: 'memory',
    header: 'Memory',
    width: '96px',
    numeric: true,
    from: 'xl',
    sort: ({ load }) => load?.residentBytes ?? null,
    cell: ({ load }) => figure(load?.residentBytes, 'B'),
  },
  {
    id: 'spool',
    header: 'In spool',
    width: '104px',
    numeric: true,
    from: 'lg',
    sort: ({ load }) => load?.spoolBacklog ?? null,
    cell: ({ load }) => figure(load?.spoolBacklog, null),
  },
  {
    id: 'kernel',
    header: 'Kernel drops',
    width: '120px',
    numeric: true,
    from: 'xl',
    sort: ({ load }) => load?.kernelDropped ?? null,
    cell: ({ load }) => lost(load?.kernelDropped),
  },
  {
    id: 'dropped',
    header: 'Lost',
    width: '88px',
    numeric: true,
    from: 'lg',
    sort: ({ load }) => load?.dropped ?? null,
    cell: ({ load }) => lost(load?.dropped),
  },
  {
    id: 'since',
    header: 'Runs',
    width: '84px',
    numeric: true,
    from: 'md',
    sort: ({ startedAt }) => startedAt,
    cell: ({ startedAt }) => <Age at={startedAt} bare />,
  },
];

/** The collectors: how busy each is, which sites are polled locally, and what waits. */
export function Fleet() {
  const fleet = useQuery(fleetState(browserApi));
  const [open, setOpen] = useState<string | null>(null);
  const { data } = fleet;
  return (
    <>
      <PageHead title="Fleet" state={data ? stateOf(data) : null} />
      {fleet.error && !data ? (
        <ErrorState error={fleet.error} what="The fleet could not be read." onRetry={() => void fleet.refetch()} />
      ) : !data ? (
        <SkeletonRows rows={3} />
      ) : (
        <div className="flex flex-col gap-6">
          <SpoolNotices collectors={data.collectors} />
          <DataTable<FleetCollector>
            label="Collectors"
            rows={data.collectors}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            sorting={[{ id: 'name', desc: false }]}
            onOpen={({ id }) => setOpen(id)}
            phone={(row) => (
              <>
                <span className="block truncate font-medium">{row.name}</span>
                <span className="figures block text-[12px] text-muted">
                  {show(row.load?.pollsPerSecond, null)} polls/s, lag {show(row.load?.lagP99Ms, 'ms')}, CPU{' '}
                  {show(row.load?.cpuPercent, '%')}
                </span>
              </>
            )}
            empty={<Empty>No collector is running, so no device is watched. Start one with “sotp start”.</Empty>}
          />
          <Sites sites={data.sites} />
        </div>
      )}
      <CollectorDialog collector={data?.collectors.find(({ id }) => id === open)} onClose={() => setOpen(null)} />
    </>
  );
}

function stateOf({ collectors, scheduler, queue }: FleetState): string {
  const waits = queue.waiting === 0 ? 'nothing waits' : `${plural(queue.waiting, 'job')} waiting`;
  return `${plural(collectors.length, 'collector')}, ${plural(scheduler.entries, 'recurring poll')}, ${waits}`;
}

/** What waits in the spools, and for how long. */
function waitsOf({ spoolBacklog, spoolOldestSeconds }: CollectorLoad): string {
  if (spoolBacklog === 0) return 'nothing';
  return `${count(spoolBacklog)} samples and lines, the oldest for ${show(spoolOldestSeconds, 's')}`;
}

/** All that a collector tells of itself. */
function CollectorDialog({ collector, onClose }: { collector: FleetCollector | undefined; onClose(): void }) {
  if (!collector) return null;
  const { load } = collector;
  const skipped = Object.entries(load?.skipped ?? {}).map(
    ([reason, count]) => `${reason.replaceAll('_', ' ')} ${count}`,
  );
  return (
    <Dialog open onOpenChange={onClose} title={collector.name}>
      <Facts
        items={[
          ['Process', String(collector.pid)],
          ['Sites', collector.sites?.join(', ') ?? 'all that no collector is pinned to'],
          ['Partitions', collector.partitions.join(', ') || 'none'],
          ['Told', load ? <Age key="told" at={load.toldAt} /> : 'nothing yet'],
          ['Polls', load ? `${show(load.pollsPerSecond, null)} a second, ${load.pollsInFlight} under way` : null],
          ['Waiting for room', load ? String(load.pollsWaiting) : null],
          ['Begin late by', load ? `${show(load.lagP50Ms, 'ms')} (half), ${show(load.lagP99Ms, 'ms')} (99 %)` : null],
          ['CPU', load ? show(load.cpuPercent, '%') : null],
          ['Memory', load ? show(load.residentBytes, 'B') : null],
          ['Event loop late by', load ? show(load.eventLoopDelayMs, 'ms') : null],
          ['Not in the database yet', load ? waitsOf(load) : null],
          ...(load?.spools ?? []).map(
            ({ holds, bytes, maxBytes }) =>
              [`Spool of ${holds}`, `${show(bytes, 'B')} of ${show(maxBytes, 'B')}`] as const,
          ),
          ['Lost since start', load ? `${count(load.dropped)} samples, lines and traps` : null],
          ['Dropped by the kernel', load ? count(load.kernelDropped) : null],
          ['Polls left out', skipped.join(', ') || null],
        ]}
      />
    </Dialog>
  );
}

/** Sites that only collectors pinned to them poll. */
function Sites({ sites }: { sites: readonly FleetSite[] }) {
  const client = useQueryClient();
  const release = useMutation({
    mutationFn: (site: string) => browserApi.fleet.releaseSite(site),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['fleet'] }),
    onError: (error) => toast.error(asApiError(error).message),
  });
  const columns = useMemo(() => siteColumns((site) => release.mutate(site)), [release]);
  if (sites.length === 0) return null;
  return (
    <Section title="Sites polled locally">
      <DataTable<FleetSite>
        label="Sites polled locally"
        rows={sites}
        columns={columns}
        rowKey={({ site }) => site}
        phone={(row) => (
          <span className="flex items-center justify-between gap-3">
            <span className="truncate font-medium">{row.site}</span>
            <Served site={row} />
          </span>
        )}
      />
    </Section>
  );
}

function Served({ site }: { site: FleetSite }) {
  if (site.collectors > 0) return <>{plural(site.collectors, 'collector')}</>;
  return <span className="text-down">no collector: {plural(site.devices, 'device')} unwatched</span>;
}

function siteColumns(onRelease: (site: string) => void): readonly Column<FleetSite>[] {
  return [
    { id: 'site', header: 'Site', sort: ({ site }) => site, cell: ({ site }) => <Tag>{site}</Tag> },
    {
      id: 'devices',
      header: 'Devices',
      width: '96px',
      numeric: true,
      sort: ({ devices }) => devices,
      cell: ({ devices }) => <span className="figures">{devices}</span>,
    },
    {
      id: 'served',
      header: 'Served by',
      width: '280px',
      sort: ({ collectors }) => collectors,
      cell: (site) => <Served site={site} />,
    },
    {
      id: 'release',
      header: 'Release',
      quietHeader: true,
      width: '170px',
      cell: ({ site, collectors }) =>
        collectors > 0 ? null : (
          <Button className="h-7" onClick={() => onRelease(site)}>
            Let all poll it
          </Button>
        ),
    },
  ];
}
