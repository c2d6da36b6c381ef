'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { DEVICE_STATUSES, type Device, type DeviceStatus } from '@sotp/contract/devices.ts';
import { AddDeviceButton } from '#features/devices/AddDeviceButton.tsx';
import { deviceSummary } from '#features/devices/queries.ts';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { cx } from '#ui/class.ts';
import { PageHead, Section } from '#ui/page.tsx';
import { Empty, ErrorState, Skeleton, SkeletonRows } from '#ui/state.tsx';
import { STATUS_LOOK, Status, StatusMark } from '#ui/status.tsx';
import { WRONG, wrongQuery, newestQuery } from './queries.ts';

/** Counts by status, what is wrong now, and what was added last. */
export function Overview() {
  const summary = useQuery(deviceSummary(browserApi));
  if (summary.error && !summary.data) {
    return (
      <ErrorState
        error={summary.error}
        what="The devices could not be counted."
        onRetry={() => void summary.refetch()}
      />
    );
  }
  const total = summary.data?.total;
  const wrong = WRONG.reduce((sum, status) => sum + (summary.data?.byStatus[status] ?? 0), 0);
  return (
    <>
      <PageHead
        title="Overview"
        state={
          total === undefined
            ? null
            : total === 0
              ? 'Nothing is watched yet'
              : wrong === 0
                ? `${plural(total, 'device')}, nothing wrong`
                : `${count(wrong)} of ${plural(total, 'device')} need a look`
        }
        actions={total === 0 ? null : <AddDeviceButton />}
      />
      {total === 0 ? (
        <div className="card">
          <Empty
            action={
              <AddDeviceButton look="primary">
                <Plus className="size-4" aria-hidden />
                Add the first device
              </AddDeviceButton>
            }
          >
            SOTP watches what you give it: an address is enough, and an SNMP community or user if the device speaks
            SNMP.
          </Empty>
        </div>
      ) : (
        <>
          <Counts byStatus={summary.data?.byStatus} />
          <div className="mt-6 grid gap-6 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <WrongNow />
            <Newest />
          </div>
        </>
      )}
    </>
  );
}

function Counts({ byStatus }: { byStatus: Partial<Record<DeviceStatus, number>> | undefined }) {
  return (
    <ul className="card grid grid-cols-3 overflow-clip lg:grid-cols-6">
      {DEVICE_STATUSES.map((status) => {
        const number = byStatus?.[status] ?? 0;
        return (
          <li key={status} className="-mt-px -ml-px border-t border-l border-line">
            <Link
              href={`/devices?status=${status}`}
              prefetch={false}
              className="flex h-full flex-col gap-0.5 px-4 py-3 hover:bg-hover max-sm:px-3"
            >
              <span className="flex items-center gap-1.5 text-[13px] text-muted">
                <StatusMark status={status} className={cx(number === 0 && 'opacity-60')} />
                {STATUS_LOOK[status].word}
              </span>
              {byStatus ? (
                <span
                  className={cx(
                    'figures text-figure tracking-tight',
                    number === 0 ? 'text-muted' : 'font-semibold',
                    number > 0 && WRONG.includes(status) && STATUS_LOOK[status].text,
                  )}
                >
                  {count(number)}
                </span>
              ) : (
                <Skeleton className="my-1 h-[26px] w-10" />
              )}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function WrongNow() {
  const [down, degraded, unknown] = [
    useQuery(wrongQuery(browserApi, 'down')),
    useQuery(wrongQuery(browserApi, 'degraded')),
    useQuery(wrongQuery(browserApi, 'unknown')),
  ];
  const parts = [down, degraded, unknown];
  const failed = parts.find(({ error, data }) => error && !data);
  const ready = parts.every(({ data }) => data !== undefined);
  const rows = parts.flatMap(({ data }) => data?.items ?? []);
  const more = parts.some(({ data }) => data?.nextCursor);
  return (
    <Section
      title="Wrong now"
      aside={
        more ? (
          <Link href="/devices?sort=status" className="text-accent">
            All of them
          </Link>
        ) : null
      }
    >
      {failed ? (
        <ErrorState
          error={failed.error}
          what="What is wrong could not be read."
          onRetry={() => void failed.refetch()}
        />
      ) : !ready ? (
        <SkeletonRows rows={4} />
      ) : (
        <ul className="card overflow-clip">
          {rows.map((device) => (
            <WrongRow key={device.id} device={device} />
          ))}
          {rows.length === 0 ? (
            <li className="flex items-center gap-2 px-4 py-6 text-muted">
              <StatusMark status="up" /> Every device that is watched answers.
            </li>
          ) : null}
        </ul>
      )}
    </Section>
  );
}

function WrongRow({ device }: { device: Device }) {
  return (
    <li className="border-b border-line last:border-0">
      <Link
        href={`/devices/${device.id}`}
        prefetch={false}
        className="grid min-h-(--row) grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 py-1.5 text-table hover:bg-hover max-sm:px-3 md:grid-cols-[auto_minmax(0,180px)_minmax(0,1fr)_auto]"
      >
        <StatusMark status={device.status} label className="translate-y-px" />
        <span className="min-w-0 truncate font-medium" title={device.name}>
          {device.name}
        </span>
        <span className="min-w-0 text-muted max-md:order-last max-md:col-span-2 max-md:col-start-2">
          {device.statusReason ?? 'Not heard yet.'}
        </span>
        <Age at={device.statusSince} bare className="text-muted" />
      </Link>
    </li>
  );
}

function Newest() {
  const newest = useQuery(newestQuery(browserApi));
  return (
    <Section title="Recently added">
      {newest.data ? (
        <ul className="card overflow-clip">
          {newest.data.items.map((device) => (
            <li key={device.id} className="border-b border-line last:border-0">
              <Link
                href={`/devices/${device.id}`}
                prefetch={false}
                className="flex min-h-(--row) items-center gap-3 px-4 py-1.5 text-table hover:bg-hover max-sm:px-3"
              >
                <Status status={device.status} className="w-24 shrink-0" />
                <span className="min-w-0 flex-1 truncate">{device.name}</span>
                <Age at={device.createdAt} className="text-[13px] text-muted" />
              </Link>
            </li>
          ))}
        </ul>
      ) : newest.error ? (
        <ErrorState
          error={newest.error}
          what="The newest devices could not be read."
          onRetry={() => void newest.refetch()}
        />
      ) : (
        <SkeletonRows rows={4} />
      )}
    </Section>
  );
}
