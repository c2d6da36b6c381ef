'use client';
import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Device } from '@sotp/contract/devices.ts';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { Confirm } from '#ui/dialog.tsx';
import { Problem } from '#ui/state.tsx';

export interface RemoveDevicesProps {
  devices: readonly Pick<Device, 'id' | 'name'>[];
  open: boolean;
  onClose(): void;
  onRemoved(): void;
}

/** Says what goes with the devices, and removes them one after the other. */
export function RemoveDevices({ devices, open, onClose, onRemoved }: RemoveDevicesProps) {
  const client = useQueryClient();
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const what = devices.length === 1 ? (devices[0]?.name ?? '') : plural(devices.length, 'device');

  async function remove(): Promise<void> {
    setError(null);
    try {
      for (const [i, device] of devices.entries()) {
        setDone(i);
        await browserApi.devices.remove(device.id);
      }
      toast(`${what} removed`);
      onRemoved();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setDone(null);
      void client.invalidateQueries({ queryKey: ['devices'] });
    }
  }

  return (
    <Confirm
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      title={`Remove ${what}?`}
      verb={
        done === null
          ? `Remove ${devices.length === 1 ? 'device' : plural(devices.length, 'device')}`
          : `${done + 1} of ${devices.length}`
      }
      busy={done !== null}
      onConfirm={() => void remove()}
    >
      <p>
        The configuration, the inventory and every stored value of{' '}
        {devices.length === 1 ? 'this device' : 'these devices'} are deleted. This cannot be undone.
      </p>
      {devices.length > 1 ? (
        <p className="mt-2 max-h-32 overflow-y-auto text-[13px] text-muted">
          {devices.map(({ name }) => name).join(', ')}
        </p>
      ) : null}
      <Problem error={error} className="mt-3" />
    </Confirm>
  );
}
