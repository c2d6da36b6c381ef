'use client';
import { useMemo, useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { toast } from 'sonner';
import type { Channel } from '@sotp/contract/alerts.ts';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Section } from '#ui/page.tsx';
import { Remove } from '#ui/remove.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { UpDown } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { AddChannel } from './AddChannel.tsx';
import { channelList } from './queries.ts';

function State({ channel: { enabled, failing } }: { channel: Channel }) {
  if (!enabled) return <UpDown up={null} word="Off" />;
  return failing > 0 ? <UpDown up={false} word="Failing" /> : <UpDown up word="On" />;
}

/** Where notifications go. */
export function Channels() {
  const client = useQueryClient();
  const list = useQuery(channelList(browserApi));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Channel | null>(null);
  const again = () => {
    void client.invalidateQueries({ queryKey: ['channels'] });
    void client.invalidateQueries({ queryKey: ['notifications'] });
  };
  const change = useMutation({
    mutationFn: ({ id, what }: { id: string; what: 'test' | 'on' | 'off' }) =>
      what === 'test'
        ? browserApi.channels.test(id).then(() => 'Sent: how it goes stands below.')
        : browserApi.channels.update(id, { enabled: what === 'on' }).then(() => `Switched ${what}.`),
    onSuccess(said) {
      again();
      toast.success(said);
    },
    onError: (error) => toast.error(asApiError(error).message),
  });
  const { mutate } = change;
  const columns = useMemo(
    () =>
      channelColumns({
        onTest: ({ id }) => mutate({ id, what: 'test' }),
        onSwitch: ({ id, enabled }) => mutate({ id, what: enabled ? 'off' : 'on' }),
        onRemove: setRemoving,
      }),
    [mutate],
  );
  const add = (
    <Button onClick={() => setAdding(true)} data-add>
      <Plus className="size-4" aria-hidden />
      Add channel
    </Button>
  );
  return (
    <Section title="Channels" aside={add}>
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The channels could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={2} />
      ) : (
        <DataTable<Channel>
          label="Channels"
          rows={list.data.items}
          columns={columns}
          rowKey={({ id }) => id}
          phone={(channel) => (
            <>
              <span className="flex justify-between gap-3">
                <span className="truncate font-medium">{channel.name}</span>
                <State channel={channel} />
              </span>
              <span className="block truncate font-mono text-[12px] text-muted">{channel.target}</span>
            </>
          )}
          empty={<Empty>Nobody is told when an alert fires: add a webhook, to a chat or an on-call service.</Empty>}
        />
      )}
      {adding ? <AddChannel onClose={() => setAdding(false)} onAdded={again} /> : null}
      {removing ? (
        <Remove
          id={removing.id}
          name={removing.name}
          kind="channel"
          remove={browserApi.channels.remove}
          lists={['channels', 'notifications']}
          onClose={() => setRemoving(null)}
        >
          {removing.waiting > 0
            ? `The ${removing.waiting} notifications that wait for it are given up.`
            : 'Nothing is sent to it any more. What was sent stays in the delivery log.'}
        </Remove>
      ) : null}
    </Section>
  );
}

interface Verbs {
  onTest(channel: Channel): void;
  onSwitch(channel: Channel): void;
  onRemove(channel: Channel): void;
}

function channelColumns({ onTest, onSwitch, onRemove }: Verbs): readonly Column<Channel>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: '200px',
      sort: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      id: 'target',
      header: 'Goes to',
      cell: ({ target }) => (
        <span className="font-mono text-[12px]" title="The rest of the address is kept as a secret">
          {target}/…
        </span>
      ),
    },
    { id: 'state', header: 'State', width: '110px', cell: (channel) => <State channel={channel} /> },
    {
      id: 'waiting',
      header: 'Waiting',
      width: '90px',
      numeric: true,
      from: 'lg',
      cell: ({ waiting }) => <span className="figures">{waiting}</span>,
    },
    {
      id: 'sent',
      header: 'Last sent',
      width: '120px',
      numeric: true,
      from: 'md',
      cell: ({ lastSentAt }) => <Age at={lastSentAt} />,
    },
    {
      id: 'verbs',
      header: 'What to do',
      quietHeader: true,
      width: '210px',
      cell: (channel) => (
        <span className="flex justify-end gap-1">
          {channel.enabled ? (
            <Button className="h-7" onClick={() => onTest(channel)}>
              Test
            </Button>
          ) : null}
          <Button className="h-7" onClick={() => onSwitch(channel)}>
            {channel.enabled ? 'Switch off' : 'Switch on'}
          </Button>
          <Button
            look="ghost"
            square
            className="h-7"
            aria-label={`Remove ${channel.name}`}
            onClick={() => onRemove(channel)}
          >
            <Trash2 className="size-3.5 text-muted" aria-hidden />
          </Button>
        </span>
      ),
    },
  ];
}
