'use client';
import { useCallback, useMemo, useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { AuditEntry } from '@sotp/contract/access.ts';
import { browserApi } from '#lib/api.ts';
import { Age, Instant } from '#ui/age.tsx';
import { Dialog } from '#ui/dialog.tsx';
import { Facts, PageHead } from '#ui/page.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { auditTrail } from './queries.ts';

const COLUMNS: readonly Column<AuditEntry>[] = [
  { id: 'at', header: 'When', width: '120px', cell: ({ at }) => <Age at={at} /> },
  {
    id: 'actor',
    header: 'Who',
    width: '160px',
    cell: ({ actor }) => (
      <span className="font-medium" title={actor}>
        {actor}
      </span>
    ),
  },
  {
    id: 'action',
    header: 'Did',
    width: '200px',
    cell: ({ action }) => <span className="font-mono text-[12px]">{action}</span>,
  },
  {
    id: 'subject',
    header: 'To what',
    cell: ({ subject }) => (
      <span className="font-mono text-[12px]" title={subject ?? undefined}>
        {subject}
      </span>
    ),
  },
  {
    id: 'details',
    header: 'Details',
    from: 'lg',
    cell: ({ details }) => <span className="text-muted">{briefly(details)}</span>,
  },
  { id: 'via', header: 'By', width: '96px', from: 'md', cell: ({ via }) => via },
  {
    id: 'from',
    header: 'From',
    width: '150px',
    from: 'lg',
    cell: ({ from }) => <span className="font-mono text-[12px]">{from}</span>,
  },
];

/** The details in a line: what is nested is spread out by one level. */
function briefly(details: Record<string, unknown>): string {
  return Object.entries(details)
    .flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value)
        : [[name, value] as const],
    )
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

/** Who did what, when, from where. */
export function AuditTrail() {
  const trail = useInfiniteQuery(auditTrail(browserApi));
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const rows = useMemo(() => trail.data?.pages.flatMap(({ items }) => items) ?? [], [trail.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = trail;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return (
    <>
      <PageHead title="Audit" state="every change, newest first" />
      {trail.error && !trail.data ? (
        <ErrorState
          error={trail.error}
          what="The audit trail could not be read."
          onRetry={() => void trail.refetch()}
        />
      ) : !trail.data ? (
        <SkeletonRows />
      ) : (
        <DataTable<AuditEntry>
          label="Audit"
          rows={rows}
          columns={COLUMNS}
          rowKey={({ id }) => id}
          onOpen={setOpen}
          onEnd={onEnd}
          phone={(row) => (
            <>
              <span className="flex justify-between gap-3">
                <span className="truncate font-medium">{row.actor}</span>
                <Age at={row.at} className="text-[12px] text-muted" />
              </span>
              <span className="block truncate font-mono text-[12px] text-muted">
                {row.action} {row.subject}
              </span>
            </>
          )}
          empty={<Empty>Nothing has been changed yet.</Empty>}
        />
      )}
      {open ? (
        <Dialog open onOpenChange={() => setOpen(null)} title={open.action} wide>
          <Facts
            items={[
              ['When', <Instant key="at" at={open.at} />],
              ['Who', open.actor],
              ['By', open.via],
              ['From', open.from],
              ['To what', open.subject],
            ]}
          />
          <pre className="mt-3 max-h-80 overflow-auto rounded-md bg-sunken p-3 font-mono text-[12px] whitespace-pre-wrap">
            {JSON.stringify(open.details, null, 2)}
          </pre>
        </Dialog>
      ) : null}
    </>
  );
}
