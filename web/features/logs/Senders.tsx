'use client';
import { useCallback, useMemo, useState } from 'react';
import dynamic from 'next/dynamic';
import { useQuery } from '@tanstack/react-query';
import type { LogSender } from '@sotp/contract/logs.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Dialog } from '#ui/dialog.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { logSenders } from './queries.ts';
import { Severity } from './severity.tsx';

const AddDevice = dynamic(() => import('#features/devices/AddDevice.tsx').then((module) => module.AddDevice), {
  ssr: false,
});

const COLUMNS: readonly Column<LogSender>[] = [
  { id: 'address', header: 'Address', cell: ({ address }) => <span className="font-mono text-[12px]">{address}</span> },
  { id: 'host', header: 'Calls itself', cell: ({ host }) => host },
  { id: 'worst', header: 'Worst', width: '90px', cell: ({ worstSeverity }) => <Severity severity={worstSeverity} /> },
  { id: 'lines', header: 'Lines', width: '90px', numeric: true, cell: ({ lines }) => count(lines) },
  { id: 'last', header: 'Last', width: '110px', cell: ({ lastSeenAt }) => <Age at={lastSeenAt} /> },
];

/** What a sender calls itself is the first name of its device; those that name only their address go without. */
const nameOf = ({ host, address }: LogSender) => (host === null || host === address ? '' : host);

/** Who sends lines and is no device yet; a click adds one. */
export function Senders({ onNarrow }: { onNarrow(name: string, value: string): void }) {
  const senders = useQuery(logSenders(browserApi));
  const [open, setOpen] = useState(false);
  const [adding, setAdding] = useState<LogSender | null>(null);
  const mayAdd = useMay('devices:write');
  const add = useCallback(
    (sender: LogSender) => {
      if (!mayAdd) return null;
      return (
        <Button
          look="ghost"
          onClick={() => {
            setOpen(false);
            setAdding(sender);
          }}
        >
          Add device
        </Button>
      );
    },
    [mayAdd],
  );
  const columns = useMemo(
    (): Column<LogSender>[] =>
      mayAdd
        ? [
            ...COLUMNS,
            {
              id: 'add',
              header: 'Add',
              quietHeader: true,
              width: '140px',
              cell: add,
            },
          ]
        : [...COLUMNS],
    [mayAdd, add],
  );
  const items = senders.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <>
      <Button look="ghost" onClick={() => setOpen(true)}>
        {plural(items.length, 'unknown sender')}
      </Button>
      {open ? (
        <Dialog
          open
          onOpenChange={setOpen}
          title="Unknown senders"
          description="They send lines, but no device has their address or name. Add a device with that address, and its lines from then on belong to it."
          wide="very"
        >
          <DataTable<LogSender>
            label="Unknown senders"
            rows={items}
            columns={columns}
            rowKey={({ address, host }) => `${address} ${host}`}
            onOpen={({ address }) => {
              setOpen(false);
              onNarrow('sender', address);
            }}
            phone={(sender) => (
              <span className="flex items-center justify-between gap-2">
                <span className="min-w-0">
                  <span className="block truncate font-mono">{sender.address}</span>
                  <span className="block truncate text-[12px] text-muted">
                    {plural(sender.lines, 'line')} {sender.host === null ? null : `from ${sender.host}`}
                  </span>
                </span>
                {add(sender)}
              </span>
            )}
          />
        </Dialog>
      ) : null}
      {adding === null ? null : (
        <AddDevice address={adding.address} name={nameOf(adding)} onClose={() => setAdding(null)} />
      )}
    </>
  );
}
