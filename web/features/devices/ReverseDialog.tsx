'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { DeviceChange } from '@sotp/contract/changes.ts';
import { browserApi } from '#lib/api.ts';
import { Confirm } from '#ui/dialog.tsx';
import { Problem } from '#ui/state.tsx';

interface ReverseDialogProps {
  device: string;
  /** Null: closed. */
  change: DeviceChange | null;
  onClose(): void;
}

/** Asks before a port's history is parted in two, or two are joined. */
export function ReverseDialog({ device, change, onClose }: ReverseDialogProps) {
  const client = useQueryClient();
  const reverse = useMutation({
    mutationFn: (id: string) => browserApi.devices.reverse(device, id),
    onSuccess() {
      toast(change?.reversal === 'join' ? 'The two histories are one' : 'The history is parted');
      void client.invalidateQueries({ queryKey: ['device', device] });
      onClose();
    },
  });
  if (!change) return null;
  const was = String(change.before?.['name'] ?? change.subject);
  const split = change.reversal === 'split';
  return (
    <Confirm
      open
      onOpenChange={() => {
        reverse.reset();
        onClose();
      }}
      title={split ? `Is ${change.subject} another port?` : `Is ${change.subject} the same port as ${was}?`}
      verb={split ? 'Part the history' : 'Join the histories'}
      busy={reverse.isPending}
      onConfirm={() => reverse.mutate(change.id)}
    >
      <p>
        {split
          ? `What was measured until this reading stays with ${was}, which is shown as removed. What was measured since becomes the history of a new port, ${change.subject}.`
          : `What was measured as ${was} goes before what is measured as ${change.subject}.`}
      </p>
      <p className="mt-2 text-muted">{change.why}</p>
      <Problem error={reverse.error} className="mt-3" />
    </Confirm>
  );
}
