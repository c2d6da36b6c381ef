'use client';
import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { Notification } from '@sotp/contract/alerts.ts';
import { browserApi } from '#lib/api.ts';
import { Age } from '#ui/age.tsx';
import { Section } from '#ui/page.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty, Problem } from '#ui/state.tsx';
import { UpDown } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { notificationList } from './queries.ts';

const STATES = [
  ['waiting', 'Waiting'],
  ['sent', 'Sent'],
  ['dead', 'Given up'],
] as const;

function State({ state }: { state: Notification['state'] }) {
  if (state === 'sent') return <UpDown up word="Sent" />;
  return state === 'dead' ? <UpDown up={false} word="Given up" /> : <UpDown up={null} word="Waiting" />;
}

const tries = ({ attempts, error, state }: Notification) => {
  const count = attempts === 1 ? '1 try' : `${attempts} tries`;
  return state !== 'sent' && error ? `${count}. ${error}` : count;
};

const COLUMNS: readonly Column<Notification>[] = [
  {
    id: 'what',
    header: 'What',
    cell: ({ rule, subject, event }) => (
      <span title={subject}>
        <span className="font-medium">{rule}</span> {event === 'report' ? '' : event}
        {subject ? <span className="text-muted"> {subject}</span> : null}
      </span>
    ),
  },
  { id: 'channel', header: 'Channel', width: '150px', cell: ({ channel }) => channel },
  { id: 'state', header: 'State', width: '110px', cell: ({ state }) => <State state={state} /> },
  {
    id: 'tries',
    header: 'Tries',
    from: 'lg',
    cell: (one) => (
      <span className="text-muted" title={one.error ?? undefined}>
        {tries(one)}
      </span>
    ),
  },
  { id: 'at', header: 'Since', width: '110px', numeric: true, cell: ({ createdAt }) => <Age at={createdAt} /> },
];

/** What was sent, waits, or was given up. */
export function Deliveries() {
  const [state, setState] = useState<string | null>(null);
  const list = useQuery(notificationList(browserApi, state));
  if (!list.data) return list.error ? <Problem error={list.error} /> : null;
  const chips = (
    <span className="flex flex-wrap gap-2">
      {STATES.map(([value, word]) => (
        <Chip key={value} on={state === value} onClick={() => setState(state === value ? null : value)}>
          {word}
        </Chip>
      ))}
    </span>
  );
  return (
    <Section title="Notifications" aside={chips}>
      <DataTable<Notification>
        label="Notifications"
        rows={list.data.items}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        sortedByServer
        phone={(one) => (
          <>
            <span className="flex justify-between gap-3">
              <span className="truncate font-medium">
                {one.rule} {one.event === 'report' ? '' : one.event}
              </span>
              <State state={one.state} />
            </span>
            <span className="block truncate text-[12px] text-muted">
              to {one.channel}, <Age at={one.createdAt} />
              {one.error && one.state !== 'sent' ? `: ${one.error}` : ''}
            </span>
          </>
        )}
        empty={<Empty>Nothing has been sent{state === null ? '' : ' in this state'} yet.</Empty>}
      />
    </Section>
  );
}
