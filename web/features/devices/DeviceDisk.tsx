'use client';
import { useQuery } from '@tanstack/react-query';
import { deviceUsage } from '#features/disk/queries.ts';
import { browserApi } from '#lib/api.ts';
import { show } from '#lib/format.ts';

/** What the history of a device takes on disk. */
export function DeviceDisk({ id }: { id: string }) {
  const { data } = useQuery(deviceUsage(browserApi, id));
  return (
    <p className="mt-3 min-h-5 text-[13px] text-muted">
      {data ? `The history of this device takes ${show(data.bytes, 'bytes')} on disk.` : null}
    </p>
  );
}
