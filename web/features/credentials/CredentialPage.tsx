'use client';
import { useCallback, useMemo } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Credential, CredentialUser } from '@sotp/contract/credentials.ts';
import { browserApi } from '#lib/api.ts';
import { ApiError } from '#lib/client.ts';
import { plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { ButtonLink } from '#ui/button.tsx';
import { PageHead, Section } from '#ui/page.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { StatusMark } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { answerWords } from './answerText.ts';
import { KIND_TITLES } from './draft.ts';
import { credentialUsers, oneCredential } from './queries.ts';
import { RotationCard } from './Rotation.tsx';

const COLUMNS: readonly Column<CredentialUser>[] = [
  {
    id: 'name',
    header: 'Device',
    sort: ({ name }) => name,
    cell: ({ name, status }) => (
      <span className="flex items-center gap-2">
        <StatusMark status={status} label />
        <span className="truncate font-medium">{name}</span>
      </span>
    ),
  },
  {
    id: 'address',
    header: 'Address',
    width: '180px',
    from: 'md',
    sort: ({ address }) => address,
    cell: ({ address }) => <span className="font-mono text-[12px]">{address}</span>,
  },
  { id: 'site', header: 'Site', width: '140px', from: 'lg', sort: ({ site }) => site, cell: ({ site }) => site },
  {
    id: 'own',
    header: 'From',
    width: '110px',
    from: 'md',
    sort: ({ own }) => Number(own),
    cell: ({ own }) => (own ? 'the device' : 'a set'),
  },
  {
    id: 'answered',
    header: 'Answers to',
    width: '170px',
    sort: ({ answeredWith }) => answeredWith,
    cell: ({ answeredWith }) => (
      <span className={answeredWith === null ? 'text-muted' : undefined}>{answerWords(answeredWith)}</span>
    ),
  },
  {
    id: 'at',
    header: 'Last answer',
    width: '120px',
    numeric: true,
    sort: ({ answeredAt }) => answeredAt,
    cell: ({ answeredAt }) => <Age at={answeredAt} />,
  },
];

/** One credential: who uses it, who answered to it, and how far its rotation is. */
export function CredentialPage({ id }: { id: string }) {
  const credential = useQuery(oneCredential(browserApi, id));
  if (credential.error instanceof ApiError && credential.error.status === 404) {
    return (
      <Empty action={<ButtonLink href="/credentials">To the credentials</ButtonLink>}>
        There is no such credential. It may have been removed.
      </Empty>
    );
  }
  if (credential.error && !credential.data) {
    const retry = () => void credential.refetch();
    return <ErrorState error={credential.error} what="The credential could not be read." onRetry={retry} />;
  }
  if (!credential.data) return <SkeletonRows rows={4} />;
  return <Loaded credential={credential.data} />;
}

function Loaded({ credential }: { credential: Credential }) {
  const { name, kind, setCount } = credential;
  const state = setCount > 0 ? `${KIND_TITLES[kind]}, in ${plural(setCount, 'set')}` : KIND_TITLES[kind];
  return (
    <>
      <PageHead title={name} state={state} actions={<ButtonLink href="/credentials">All credentials</ButtonLink>} />
      <div className="flex flex-col gap-6">
        <RotationCard credential={credential} />
        <Section title="Devices that use it">
          <Users id={credential.id} />
        </Section>
      </div>
    </>
  );
}

function Users({ id }: { id: string }) {
  const users = useInfiniteQuery(credentialUsers(browserApi, id));
  const rows = useMemo(() => users.data?.pages.flatMap(({ items }) => items) ?? [], [users.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = users;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  if (users.error && !users.data) {
    return (
      <ErrorState error={users.error} what="Its devices could not be read." onRetry={() => void users.refetch()} />
    );
  }
  if (!users.data) return <SkeletonRows rows={4} />;
  return (
    <DataTable<CredentialUser>
      label="Devices that use the credential"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ deviceId }) => deviceId}
      href={({ deviceId }) => `/devices/${deviceId}?tab=collectors`}
      onEnd={onEnd}
      phone={(row) => (
        <>
          <span className="flex justify-between gap-3">
            <span className="truncate font-medium">{row.name}</span>
            <Age at={row.answeredAt} className="text-[12px] text-muted" />
          </span>
          <span className="block truncate text-[12px] text-muted">{answerWords(row.answeredWith)}</span>
        </>
      )}
      empty={
        <Empty>
          No device uses it yet. Give it to a device, or put it into a set for the devices of a site or subnet.
        </Empty>
      }
    />
  );
}
