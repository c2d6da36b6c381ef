'use client';
import { useMemo, useState, type FormEvent } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { RoleName, type Token } from '@sotp/contract/access.ts';
import { RoleField } from '#features/users/RoleField.tsx';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { Age, Instant } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input, Select } from '#ui/field.tsx';
import { PageHead } from '#ui/page.tsx';
import { Remove } from '#ui/remove.tsx';
import { CopyText } from '#ui/small.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { tokenList } from './queries.ts';

const LIVES = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
  ['', 'No end'],
] as const;

/** What programs sign in with. */
export function Tokens() {
  const list = useQuery(tokenList(browserApi));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Token | null>(null);
  const columns = useMemo(() => tokenColumns(setRemoving), []);
  const add = (
    <Button look="primary" onClick={() => setAdding(true)} data-add>
      <Plus className="size-4" aria-hidden />
      Add token
    </Button>
  );
  return (
    <>
      <PageHead title="API tokens" state={list.data ? plural(list.data.items.length, 'token') : null} actions={add} />
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The tokens could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={3} />
      ) : (
        <DataTable<Token>
          label="API tokens"
          rows={list.data.items}
          columns={columns}
          rowKey={({ id }) => id}
          sorting={[{ id: 'name', desc: false }]}
          phone={(row) => (
            <>
              <span className="block truncate font-medium">{row.name}</span>
              <span className="block text-[12px] text-muted">
                {row.role}, used <Age at={row.lastUsedAt} />
              </span>
            </>
          )}
          empty={
            <Empty action={add}>A token lets a script or another program use the API with the rights of a role.</Empty>
          }
        />
      )}
      {adding ? <AddToken onClose={() => setAdding(false)} /> : null}
      {removing ? (
        <Remove
          id={removing.id}
          name={removing.name}
          kind="token"
          remove={browserApi.tokens.remove}
          lists={['tokens']}
          onClose={() => setRemoving(null)}
        >
          Programs that use it are refused at once.
        </Remove>
      ) : null}
    </>
  );
}

function tokenColumns(onRemove: (token: Token) => void): readonly Column<Token>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      sort: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    { id: 'role', header: 'Role', width: '110px', sort: ({ role }) => role, cell: ({ role }) => role },
    {
      id: 'by',
      header: 'Added by',
      width: '140px',
      from: 'lg',
      sort: ({ createdBy }) => createdBy,
      cell: ({ createdBy }) => createdBy,
    },
    {
      id: 'used',
      header: 'Last used',
      width: '120px',
      numeric: true,
      sort: ({ lastUsedAt }) => lastUsedAt,
      cell: ({ lastUsedAt }) => <Age at={lastUsedAt} />,
    },
    {
      id: 'expires',
      header: 'Ends',
      width: '220px',
      numeric: true,
      from: 'md',
      sort: ({ expiresAt }) => expiresAt,
      cell: ({ expiresAt }) => (expiresAt ? <Instant at={expiresAt} /> : 'never'),
    },
    {
      id: 'remove',
      header: 'Remove',
      quietHeader: true,
      width: '56px',
      cell: (row) => (
        <Button look="ghost" square className="h-7" aria-label={`Remove ${row.name}`} onClick={() => onRemove(row)}>
          <Trash2 className="size-3.5 text-muted" aria-hidden />
        </Button>
      ),
    },
  ];
}

function AddToken({ onClose }: { onClose(): void }) {
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: browserApi.tokens.create,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['tokens'] }),
  });
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const role = RoleName.safeParse(form.get('role'));
    const days = Number(form.get('days'));
    const expiresAt = days > 0 ? new Date(Date.now() + days * 86_400_000).toISOString() : undefined;
    if (role.success) add.mutate({ name: String(form.get('name') ?? '').trim(), role: role.data, expiresAt });
  }
  if (add.data) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title="Copy the token now"
        description="It is shown this once and cannot be read again."
      >
        <div className="rounded-md border border-line bg-surface p-3">
          <CopyText text={add.data.token} length={200} />
        </div>
        <div className="mt-4 flex justify-end">
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title="Add token">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Name" hint="What will use it.">
          {(control) => (
            <Input
              {...control}
              name="name"
              required
              autoFocus
              maxLength={100}
              autoComplete="off"
              placeholder="Nightly report"
            />
          )}
        </Field>
        <RoleField />
        <Field label="Ends after">
          {(control) => (
            <Select {...control} name="days" defaultValue="90">
              {LIVES.map(([days, title]) => (
                <option key={days} value={days}>
                  {title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <FormEnd verb="Add token" busy={add.isPending} error={add.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
