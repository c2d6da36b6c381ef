'use client';
import { useCallback, useMemo, useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { DeviceChange } from '@sotp/contract/changes.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { written, whatOf } from './changeText.ts';
import { deviceChanges } from './queries.ts';
import { ReverseDialog } from './ReverseDialog.tsx';

function Step({ change }: { change: DeviceChange }) {
  const { kind, before, after, why } = change;
  if (why !== null) {
    return (
      <span title={why}>
        {written(before)} <span className="text-muted">→</span> {written(after)}
        <span className="ml-2 text-muted">{why}</span>
      </span>
    );
  }
  return (
    <span title={kind === 'changed' ? `${written(before)} → ${written(after)}` : undefined}>
      {kind === 'appeared' ? 'appeared' : null}
      {kind === 'vanished' ? 'vanished' : null}
      {kind === 'changed' ? (
        <>
          {written(before)} <span className="text-muted">→</span> {written(after)}
        </>
      ) : (
        <span className="ml-2 text-muted">{written(after ?? before)}</span>
      )}
    </span>
  );
}

const COLUMNS: readonly Column<DeviceChange>[] = [
  { id: 'at', header: 'When', width: '120px', cell: ({ at }) => <Age at={at} /> },
  {
    id: 'what',
    header: 'What',
    cell: (change) => (
      <span className="font-medium" title={whatOf(change)}>
        {whatOf(change)}
      </span>
    ),
  },
  { id: 'step', header: 'Before → after', cell: (change) => <Step change={change} /> },
];

/** The last column: what can be taken back, or that it was. */
function reversalColumn(onReverse: ((change: DeviceChange) => void) | null): Column<DeviceChange> {
  return {
    id: 'reversal',
    header: 'Take back',
    quietHeader: true,
    width: '120px',
    from: 'md',
    cell: (change) => <Reversal change={change} onReverse={onReverse} />,
  };
}

function Reversal({ change, onReverse }: { change: DeviceChange; onReverse: ((change: DeviceChange) => void) | null }) {
  const { reversal, reversedAt } = change;
  if (reversedAt !== null) return <span className="text-muted">taken back</span>;
  if (reversal === null || !onReverse) return null;
  return (
    <Button look="ghost" className="h-7" onClick={() => onReverse(change)}>
      {reversal === 'split' ? 'Part' : 'Join'}
    </Button>
  );
}

/** What changed on a device between two readings, newest first. */
export function Changes({ id }: { id: string }) {
  const changes = useInfiniteQuery(deviceChanges(browserApi, id));
  const mayWrite = useMay('devices:write');
  const [reversing, setReversing] = useState<DeviceChange | null>(null);
  const columns = useMemo(() => [...COLUMNS, reversalColumn(mayWrite ? setReversing : null)], [mayWrite]);
  const rows = useMemo(() => changes.data?.pages.flatMap(({ items }) => items) ?? [], [changes.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = changes;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  if (changes.error && !changes.data) {
    return (
      <ErrorState
        error={changes.error}
        what="The changes of this device could not be read."
        onRetry={() => void changes.refetch()}
      />
    );
  }
  if (!changes.data) return <SkeletonRows />;
  return (
    <>
      <DataTable<DeviceChange>
        label="Changes"
        rows={rows}
        columns={columns}
        rowKey={({ id: key }) => key}
        onEnd={onEnd}
        phone={(change) => (
          <>
            <span className="flex justify-between gap-3">
              <span className="truncate font-medium">{whatOf(change)}</span>
              <Age at={change.at} className="text-[12px] text-muted" />
            </span>
            <span className="block truncate text-[12px]">
              <Step change={change} />
            </span>
            <Reversal change={change} onReverse={mayWrite ? setReversing : null} />
          </>
        )}
        empty={
          <Empty>
            Nothing has changed since the device was first read: version, serial numbers, ports, parts and neighbors are
            watched.
          </Empty>
        }
      />
      <ReverseDialog device={id} change={reversing} onClose={() => setReversing(null)} />
    </>
  );
}
