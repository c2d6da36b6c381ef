'use client';
import { useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Pencil, Plus, Trash2 } from 'lucide-react';
import type { CredentialSet } from '@sotp/contract/credential-sets.ts';
import type { Credential } from '@sotp/contract/credentials.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { Button } from '#ui/button.tsx';
import { Section } from '#ui/page.tsx';
import { Remove } from '#ui/remove.tsx';
import { Empty, ErrorState, Problem, SkeletonRows } from '#ui/state.tsx';
import { credentialSets } from './queries.ts';
import { SetDialog } from './SetDialog.tsx';

/** For which devices a set is, in words. */
function coverage({ sites, subnets }: CredentialSet): string {
  const parts = [...(sites.length > 0 ? [sites.join(', ')] : []), ...(subnets.length > 0 ? [subnets.join(', ')] : [])];
  return parts.length > 0 ? parts.join(' in ') : 'All devices';
}

/** Which credentials are tried where, in order. */
export function Sets({ credentials }: { credentials: readonly Credential[] }) {
  const client = useQueryClient();
  const list = useQuery(credentialSets(browserApi));
  const mayWrite = useMay('credentials:write');
  const [editing, setEditing] = useState<CredentialSet | 'new' | null>(null);
  const [removing, setRemoving] = useState<CredentialSet | null>(null);
  const order = useMutation({
    mutationFn: (ids: string[]) => browserApi.credentialSets.order({ ids }),
    onSuccess: (answer) => client.setQueryData(credentialSets(browserApi).queryKey, answer),
  });
  const sets = list.data?.items ?? [];
  const names = new Map(credentials.map(({ id, name }) => [id, name]));

  function move(index: number, by: number): void {
    const ids = sets.map(({ id }) => id);
    const [id] = ids.splice(index, 1);
    if (id === undefined) return;
    ids.splice(index + by, 0, id);
    order.mutate(ids);
  }

  const add =
    mayWrite && credentials.length > 0 ? (
      <Button onClick={() => setEditing('new')}>
        <Plus className="size-4" aria-hidden />
        Add set
      </Button>
    ) : null;
  return (
    <Section title="Tried where" aside={sets.length > 0 ? add : null} className="mt-8">
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The credential sets could not be read." onRetry={() => list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={2} />
      ) : sets.length === 0 ? (
        <Empty action={add}>
          A set says which credentials are tried, in which order, on the devices of a site or a subnet. A device&apos;s
          own credentials come first.
        </Empty>
      ) : (
        <ol className="card divide-y divide-line">
          {sets.map((set, index) => (
            <li key={set.id} className="flex items-center gap-3 px-3 py-2 max-sm:flex-wrap">
              <span className="figures w-5 shrink-0 text-right text-muted">{index + 1}</span>
              <div className="min-w-0 flex-1">
                <p className="truncate text-[13px] max-sm:whitespace-normal">
                  <span className="font-medium">{set.name}</span>
                  <span className="ml-3 text-muted max-sm:ml-0 max-sm:block">{coverage(set)}</span>
                </p>
                <p className="truncate text-[12px] text-muted max-sm:whitespace-normal">
                  {set.credentials.map((id) => names.get(id) ?? id).join(' → ')}
                </p>
              </div>
              {mayWrite ? (
                <Controls
                  name={set.name}
                  first={index === 0}
                  last={index === sets.length - 1}
                  busy={order.isPending}
                  onMove={(by) => move(index, by)}
                  onEdit={() => setEditing(set)}
                  onRemove={() => setRemoving(set)}
                />
              ) : null}
            </li>
          ))}
        </ol>
      )}
      <Problem error={order.error} className="mt-2" />
      {editing ? (
        <SetDialog
          set={editing === 'new' ? null : editing}
          credentials={credentials}
          onClose={() => setEditing(null)}
        />
      ) : null}
      {removing ? (
        <Remove
          id={removing.id}
          name={removing.name}
          kind="set"
          remove={browserApi.credentialSets.remove}
          lists={['credentials']}
          onClose={() => setRemoving(null)}
        >
          Its credentials stay. Devices that have no other credential of their own cannot be asked any more.
        </Remove>
      ) : null}
    </Section>
  );
}

function Controls({ name, first, last, busy, onMove, onEdit, onRemove }: ControlsProps) {
  const mark = 'size-3.5 text-muted';
  return (
    <span className="flex shrink-0 max-sm:w-full max-sm:justify-end">
      <Button look="ghost" square aria-label={`${name} earlier`} disabled={first || busy} onClick={() => onMove(-1)}>
        <ArrowUp className={mark} aria-hidden />
      </Button>
      <Button look="ghost" square aria-label={`${name} later`} disabled={last || busy} onClick={() => onMove(1)}>
        <ArrowDown className={mark} aria-hidden />
      </Button>
      <Button look="ghost" square aria-label={`Edit ${name}`} onClick={onEdit}>
        <Pencil className={mark} aria-hidden />
      </Button>
      <Button look="ghost" square aria-label={`Remove ${name}`} onClick={onRemove}>
        <Trash2 className={mark} aria-hidden />
      </Button>
    </span>
  );
}
interface ControlsProps {
  name: string;
  first: boolean;
  last: boolean;
  busy: boolean;
  onMove(by: number): void;
  onEdit(): void;
  onRemove(): void;
}
