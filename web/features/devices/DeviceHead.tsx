'use client';
import { useState } from 'react';
import { useRouter } from 'next/navigation';
import { Ellipsis, Pencil, Power, RefreshCw, Trash2, Wrench } from 'lucide-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Device } from '@sotp/contract/devices.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { duration } from '#lib/format.ts';
import { Age, Instant } from '#ui/age.tsx';
import { Button, ButtonLink } from '#ui/button.tsx';
import { Menu, MenuItem, MenuLine } from '#ui/menu.tsx';
import { CopyText, Tag } from '#ui/small.tsx';
import { Status } from '#ui/status.tsx';
import { kindOf, staleAfterMs } from './columns.tsx';
import { EditDevice } from './EditDevice.tsx';
import { MaintenanceDialog } from './MaintenanceDialog.tsx';
import { RemoveDevices } from './RemoveDevices.tsx';
import { usePollNow } from './usePollNow.ts';

/** Who the device is and how it is, in the first line; what can be done with it beside. */
export function DeviceHead({ device }: { device: Device }) {
  const router = useRouter();
  const client = useQueryClient();
  const poll = usePollNow(device.id);
  const mayReadLogs = useMay('logs:read');
  const [over, setOver] = useState<'edit' | 'remove' | 'maintenance' | null>(null);
  const mayWrite = useMay('devices:write');
  const mayPoll = useMay('devices:poll');
  const disable = useMutation({
    mutationFn: (disabled: boolean) => browserApi.devices.update(device.id, { disabled }),
    onSuccess: (next) => client.setQueryData(['device', device.id], next),
    onError: (error) => toast.error(asApiError(error).message),
  });
  const endMaintenance = useMutation({
    mutationFn: () => browserApi.devices.update(device.id, { maintenance: null }),
    onSuccess: (next) => client.setQueryData(['device', device.id], next),
    onError: (error) => toast.error(asApiError(error).message),
  });
  const off = device.status === 'disabled';
  const kind = kindOf(device);

  return (
    <header className="mb-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <h1 className="text-title font-semibold tracking-[-0.01em] break-words">{device.name}</h1>
            <span className="flex items-baseline gap-1.5">
              <Status status={device.status} className="self-center" />
              <span className="text-[13px] text-muted">
                for <Age at={device.statusSince} bare />
              </span>
            </span>
          </div>
          <div className="mt-1 flex flex-wrap items-baseline gap-x-4 gap-y-1 text-[13px] text-muted">
            <CopyText text={device.address} />
            {kind ? (
              <span className="max-w-[60ch] truncate" title={device.sysDescr ?? undefined}>
                {kind}
              </span>
            ) : null}
            {device.uptimeSeconds === null ? null : (
              <span className="figures">uptime {duration(device.uptimeSeconds)}</span>
            )}
            <span>
              heard <Age at={device.lastSeenAt} staleAfterMs={staleAfterMs(device)} />
            </span>
            {device.site ? <Tag>{device.site}</Tag> : null}
            {device.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </div>
        </div>
        <div className="flex gap-2">
          {mayReadLogs ? <ButtonLink href={`/logs?device=${device.id}&range=24h`}>Logs</ButtonLink> : null}
          {mayPoll ? (
            <Button busy={poll.busy} disabled={off} onClick={poll.start}>
              {poll.busy ? null : <RefreshCw className="size-3.5" aria-hidden />}
              Poll now
            </Button>
          ) : null}
          {mayWrite ? (
            <Menu
              trigger={
                <Button square aria-label="More">
                  <Ellipsis className="size-4" aria-hidden />
                </Button>
              }
            >
              <MenuItem onSelect={() => setOver('edit')}>
                <Pencil className="size-3.5" aria-hidden /> Edit
              </MenuItem>
              <MenuItem onSelect={() => (device.maintenance ? endMaintenance.mutate() : setOver('maintenance'))}>
                <Wrench className="size-3.5" aria-hidden /> {device.maintenance ? 'End maintenance' : 'Maintenance'}
              </MenuItem>
              <MenuItem onSelect={() => disable.mutate(!off)}>
                <Power className="size-3.5" aria-hidden /> {off ? 'Watch again' : 'Stop watching'}
              </MenuItem>
              <MenuLine />
              <MenuItem danger onSelect={() => setOver('remove')}>
                <Trash2 className="size-3.5" aria-hidden /> Remove
              </MenuItem>
            </Menu>
          ) : null}
        </div>
      </div>
      {device.statusReason ? (
        <p className="mt-2 max-w-[75ch] border-l-2 border-line-strong pl-3 text-[13px]">
          {device.statusReason}
          {device.maintenance?.until ? (
            <span className="text-muted">
              {' '}
              Until <Instant at={device.maintenance.until} />
            </span>
          ) : null}
        </p>
      ) : null}
      {over === 'maintenance' ? <MaintenanceDialog device={device} onClose={() => setOver(null)} /> : null}
      {over === 'edit' ? <EditDevice device={device} onClose={() => setOver(null)} /> : null}
      <RemoveDevices
        devices={[device]}
        open={over === 'remove'}
        onClose={() => setOver(null)}
        onRemoved={() => router.push('/devices')}
      />
    </header>
  );
}
