'use client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Search, X } from 'lucide-react';
import { DEVICE_STATUSES, type Device } from '@sotp/contract/devices.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { useUrlState } from '#lib/url.ts';
import { Button } from '#ui/button.tsx';
import { Input } from '#ui/field.tsx';
import { PageHead } from '#ui/page.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { STATUS_LOOK, StatusMark } from '#ui/status.tsx';
import { DataTable } from '#ui/table/table.tsx';
import { AddDeviceButton } from './AddDeviceButton.tsx';
import { deviceColumns, devicePhoneRow } from './columns.tsx';
import { deviceList, deviceSummary, filterOf } from './queries.ts';
import { RemoveDevices } from './RemoveDevices.tsx';

const TYPING_MS = 200;
const SAID = { site: 'Site', tag: 'Tag', vendor: 'Vendor' } as const;

/** All devices: searched, filtered and sorted by the server, live, and as many as there are. */
export function DeviceList() {
  const { params, set } = useUrlState();
  const filter = useMemo(() => filterOf(params), [params]);
  const list = useInfiniteQuery(deviceList(browserApi, filter));
  const summary = useQuery(deviceSummary(browserApi));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState(false);
  const mayWrite = useMay('devices:write');
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const columns = useMemo(() => deviceColumns((name, value) => set({ [name]: value })), [set]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);

  const total = summary.data?.total;
  const filtered = Boolean(filter.search || filter.status || filter.site || filter.tag || filter.vendor);
  const chosen = rows.filter(({ id }) => selected.has(id));

  return (
    <>
      <PageHead
        title="Devices"
        state={
          total === undefined
            ? null
            : total === 0
              ? 'none yet'
              : filtered && !hasNextPage
                ? `${count(rows.length)} of ${plural(total, 'device')}`
                : plural(total, 'device')
        }
        actions={<AddDeviceButton />}
      />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField value={filter.search} onChange={(search) => set({ search })} />
        <div className="flex gap-1.5 overflow-x-auto py-0.5">
          {DEVICE_STATUSES.map((status) => {
            const number = summary.data?.byStatus[status] ?? 0;
            if (number === 0 && filter.status !== status) return null;
            return (
              <Chip
                key={status}
                on={filter.status === status}
                onClick={() => set({ status: filter.status === status ? null : status })}
              >
                <StatusMark status={status} />
                {STATUS_LOOK[status].word}
                <span className="figures text-muted">{count(number)}</span>
              </Chip>
            );
          })}
          {(['site', 'tag', 'vendor'] as const).map((name) =>
            filter[name] ? (
              <Chip key={name} on onClick={() => set({ [name]: null })}>
                {SAID[name]}: {filter[name]}
              </Chip>
            ) : null,
          )}
        </div>
      </div>
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The devices could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={12} />
      ) : (
        <DataTable<Device>
          label="Devices"
          rows={rows}
          columns={columns}
          rowKey={({ id }) => id}
          href={({ id }) => `/devices/${id}`}
          phone={devicePhoneRow}
          sortedByServer
          sorting={[{ id: filter.sort, desc: filter.order === 'desc' }]}
          onSorting={([first]) =>
            set({ sort: !first || first.id === 'name' ? null : first.id, order: first?.desc ? 'desc' : null })
          }
          selected={mayWrite ? selected : undefined}
          onSelected={setSelected}
          onEnd={onEnd}
          empty={
            filtered ? (
              <Empty
                action={
                  <Button onClick={() => set({ search: null, status: null, site: null, tag: null, vendor: null })}>
                    Clear the filter
                  </Button>
                }
              >
                No device fits this filter.
              </Empty>
            ) : (
              <Empty action={<AddDeviceButton>Add the first device</AddDeviceButton>}>
                SOTP watches what you give it: an address is enough, and an SNMP community or user if the device speaks
                SNMP.
              </Empty>
            )
          }
        />
      )}
      {chosen.length > 0 ? (
        <div className="appear fixed bottom-4 left-1/2 z-30 flex -translate-x-1/2 items-center gap-3 rounded-lg border border-line bg-raised py-2 pr-2 pl-4 text-[13px] shadow-float">
          <span className="figures whitespace-nowrap">{plural(chosen.length, 'device')} selected</span>
          <Button look="danger" onClick={() => setRemoving(true)}>
            Remove
          </Button>
          <Button look="ghost" square aria-label="Select none" onClick={() => setSelected(new Set())}>
            <X className="size-4" aria-hidden />
          </Button>
        </div>
      ) : null}
      <RemoveDevices
        devices={chosen}
        open={removing}
        onClose={() => setRemoving(false)}
        onRemoved={() => {
          setRemoving(false);
          setSelected(new Set());
        }}
      />
    </>
  );
}

function SearchField({ value, onChange }: { value: string; onChange(value: string): void }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <span className="relative w-72 max-sm:w-full">
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-muted"
        aria-hidden
      />
      <Input
        type="search"
        data-filter
        aria-label="Search devices"
        placeholder="Name, address, model, location"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="pl-8"
      />
    </span>
  );
}
