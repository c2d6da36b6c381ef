'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import type { DeviceCredential } from '@sotp/contract/credentials.ts';
import { answerWords } from '#features/credentials/answerText.ts';
import { KIND_TITLES } from '#features/credentials/draft.ts';
import { deviceCredentials } from '#features/credentials/queries.ts';
import { browserApi } from '#lib/api.ts';
import { Age } from '#ui/age.tsx';
import { Section } from '#ui/page.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { Tag } from '#ui/small.tsx';

/** What the device is asked with, in order, and what it answered to. */
export function DeviceCredentials({ id }: { id: string }) {
  const list = useQuery(deviceCredentials(browserApi, id));
  return (
    <Section title="Credentials, in the order in which they are tried" className="mt-6 max-w-4xl">
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="Its credentials could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={2} />
      ) : list.data.items.length === 0 ? (
        <Empty>It has no credential of its own, and no credential set covers it.</Empty>
      ) : (
        <ol className="card divide-y divide-line">
          {list.data.items.map((credential) => (
            <li key={credential.credentialId} className="px-3 py-2 text-[13px]">
              <Row credential={credential} />
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Row({ credential }: { credential: DeviceCredential }) {
  const { credentialId, name, kind, set, answeredWith, answeredAt, since, inUse } = credential;
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-0.5">
      <span className="flex min-w-0 items-baseline gap-2">
        <Link href={`/credentials/${credentialId}`} className="truncate font-medium hover:underline">
          {name}
        </Link>
        <span className="shrink-0 text-muted">{KIND_TITLES[kind]}</span>
        {set === null ? null : <Tag>set {set}</Tag>}
        {inUse ? <Tag>in use</Tag> : null}
      </span>
      <span className="text-muted">
        {answeredWith === null ? (
          'never answered'
        ) : (
          <>
            answered <Age at={answeredAt} /> to {answerWords(answeredWith)}, first <Age at={since} />
          </>
        )}
      </span>
    </div>
  );
}
