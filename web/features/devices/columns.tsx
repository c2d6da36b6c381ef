import Link from 'next/link';
import type { Device } from '@sotp/contract/devices.ts';
import { duration } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Tag } from '#ui/small.tsx';
import { Status, StatusMark } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';

/** Two intervals of the slowest collector: older than that, what is shown may no longer hold. */
export function staleAfterMs(device: Device): number {
  const slowest = Math.max(30, ...device.collectors.map(({ intervalSeconds }) => intervalSeconds));
  return slowest * 2000;
}

/** Vendor and model, or what the device says of itself. */
export function kindOf(device: Device): string {
  const known = [device.vendor, device.model].filter(Boolean).join(' ');
  return known === '' ? (device.sysDescr ?? '') : known;
}

export type FilterName = 'site' | 'tag' | 'vendor';

/** Columns of the list. Their ids are the names by which the API sorts. */
export function deviceColumns(onFilter: (name: FilterName, value: string) => void): readonly Column<Device>[] {
  return [
    {
      id: 'status',
      header: 'Status',
      width: '128px',
      sort: ({ status }) => status,
      cell: (device) => <Status status={device.status} title={device.statusReason ?? undefined} />,
    },
    {
      id: 'name',
      header: 'Name',
      sort: ({ name }) => name,
      cell: (device) => (
        <Link
          href={`/devices/${device.id}`}
          prefetch={false}
          className="font-medium hover:underline"
          title={device.name}
          tabIndex={-1}
        >
          {device.name}
        </Link>
      ),
    },
    {
      id: 'address',
      header: 'Address',
      width: '160px',
      sort: ({ address }) => address,
      cell: ({ address }) => (
        <span className="font-mono text-[12px]" title={address}>
          {address}
        </span>
      ),
    },
    {
      id: 'since',
      header: 'For',
      width: '96px',
      from: 'md',
      numeric: true,
      cell: (device) => <Age at={device.statusSince} bare className="text-muted" />,
    },
    {
      id: 'lastSeenAt',
      header: 'Last heard',
      width: '116px',
      from: 'lg',
      numeric: true,
      sort: ({ lastSeenAt }) => lastSeenAt,
      cell: (device) => <Age at={device.lastSeenAt} staleAfterMs={staleAfterMs(device)} />,
    },
    {
      id: 'model',
      header: 'Model',
      from: 'lg',
      sort: ({ model }) => model,
      cell: (device) => <span title={device.sysDescr ?? undefined}>{kindOf(device)}</span>,
    },
    {
      id: 'site',
      header: 'Site',
      width: '120px',
      from: 'xl',
      sort: ({ site }) => site,
      cell: ({ site }) => (site ? <Tag onClick={() => onFilter('site', site)}>{site}</Tag> : null),
    },
    {
      id: 'tags',
      header: 'Tags',
      width: '160px',
      from: '2xl',
      cell: ({ tags }) => (
        <span className="inline-flex gap-1 align-middle">
          {tags.slice(0, 3).map((tag) => (
            <Tag key={tag} onClick={() => onFilter('tag', tag)}>
              {tag}
            </Tag>
          ))}
        </span>
      ),
    },
    {
      id: 'uptime',
      header: 'Uptime',
      width: '92px',
      from: 'xl',
      numeric: true,
      cell: ({ uptimeSeconds }) =>
        uptimeSeconds === null ? <span className="text-muted">–</span> : duration(uptimeSeconds),
    },
  ];
}

/** The row on a phone: name and age, below them address and reason. */
export function devicePhoneRow(device: Device) {
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-2.5">
      <StatusMark status={device.status} label />
      <span className="truncate text-[14px] font-medium">{device.name}</span>
      <Age at={device.lastSeenAt} never="not heard" staleAfterMs={staleAfterMs(device)} className="text-[12px]" />
      <span className="col-span-2 col-start-2 flex gap-2 text-[12px] text-muted">
        <span className="shrink-0 font-mono">{device.address}</span>
        <span className="truncate">{device.statusReason ?? kindOf(device)}</span>
      </span>
    </div>
  );
}
