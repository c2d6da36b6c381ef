'use client';
import { type FormEvent } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Device, DevicePatch } from '@sotp/contract/devices.ts';
import { browserApi } from '#lib/api.ts';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input, Select } from '#ui/field.tsx';

const LENGTHS = [
  ['1', '1 hour'],
  ['4', '4 hours'],
  ['24', '1 day'],
  ['168', '1 week'],
  ['', 'until I end it'],
] as const;
const HOUR_MS = 3_600_000;

/** Says that a device is being worked on: until when, and why. */
export function MaintenanceDialog({ device, onClose }: { device: Device; onClose(): void }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (maintenance: DevicePatch['maintenance']) => browserApi.devices.update(device.id, { maintenance }),
    onSuccess(next) {
      client.setQueryData(['device', device.id], next);
      void client.invalidateQueries({ queryKey: ['devices'] });
      onClose();
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const hours = Number(form.get('hours'));
    const note = String(form.get('note') ?? '').trim();
    const until = hours > 0 ? new Date(Date.now() + hours * HOUR_MS).toISOString() : null;
    save.mutate({ until, note: note || null });
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Maintenance of ${device.name}`}
      description="It is polled as ever; its status says “maintenance”, whatever the polls find."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="For">
          {(control) => (
            <Select {...control} name="hours" defaultValue="4">
              {LENGTHS.map(([hours, text]) => (
                <option key={hours} value={hours}>
                  {text}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Why" optional>
          {(control) => (
            <Input {...control} name="note" maxLength={500} defaultValue={device.maintenance?.note ?? ''} />
          )}
        </Field>
        <FormEnd verb="Begin" busy={save.isPending} error={save.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
