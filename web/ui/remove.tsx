'use client';
import type { ReactNode } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { Confirm } from './dialog.tsx';
import { Problem } from './state.tsx';

export interface RemoveProps {
  id: string;
  name: string;
  /** What it is, as the button calls it: "token". */
  kind: string;
  remove(id: string): Promise<unknown>;
  /** The lists that change with it, by the first word of their keys. */
  lists: readonly string[];
  /** What will be lost. */
  children: ReactNode;
  onClose(): void;
}

/** Removes one thing after saying what is lost. */
export function Remove({ id, name, kind, remove, lists, children, onClose }: RemoveProps) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: remove,
    onSuccess() {
      toast(`${name} removed`);
      for (const list of lists) void client.invalidateQueries({ queryKey: [list] });
      onClose();
    },
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Remove ${name}?`}
      verb={`Remove ${kind}`}
      busy={removal.isPending}
      onConfirm={() => removal.mutate(id)}
    >
      <p>{children}</p>
      <Problem error={removal.error} className="mt-3" />
    </Confirm>
  );
}
