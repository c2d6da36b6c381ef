'use client';
import { useMemo, useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { CREDENTIAL_KINDS, type Credential } from '@sotp/contract/credentials.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input, Select } from '#ui/field.tsx';
import { PageHead } from '#ui/page.tsx';
import { Remove } from '#ui/remove.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { EMPTY_DRAFT, KIND_TITLES, readDraft, type Problems } from './draft.ts';
import { credentialList } from './queries.ts';
import { SecretFields } from './SecretFields.tsx';
import { Sets } from './Sets.tsx';

/** What devices are asked with; secrets go in and never come out. */
export function Credentials() {
  const list = useQuery(credentialList(browserApi));
  const mayWrite = useMay('credentials:write');
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Credential | null>(null);
  const columns = useMemo(() => credentialColumns(mayWrite ? setRemoving : null), [mayWrite]);
  const add = mayWrite ? (
    <Button look="primary" onClick={() => setAdding(true)} data-add>
      <Plus className="size-4" aria-hidden />
      Add credential
    </Button>
  ) : null;
  return (
    <>
      <PageHead
        title="Credentials"
        state={list.data ? plural(list.data.items.length, 'credential') : null}
        actions={add}
      />
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The credentials could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={4} />
      ) : (
        <DataTable<Credential>
          label="Credentials"
          rows={list.data.items}
          columns={columns}
          rowKey={({ id }) => id}
          href={({ id }) => `/credentials/${id}`}
          sorting={[{ id: 'name', desc: false }]}
          phone={(row) => (
            <>
              <span className="block truncate font-medium">{row.name}</span>
              <span className="block text-[12px] text-muted">
                {KIND_TITLES[row.kind]}, {plural(row.deviceCount, 'device')}
              </span>
            </>
          )}
          empty={
            <Empty action={add}>
              A credential is an SNMP community or user, or an SSH login. SOTP keeps it encrypted.
            </Empty>
          }
        />
      )}
      {list.data ? <Sets credentials={list.data.items} /> : null}
      {adding ? <AddCredential onClose={() => setAdding(false)} /> : null}
      {removing ? (
        <Remove
          id={removing.id}
          name={removing.name}
          kind="credential"
          remove={browserApi.credentials.remove}
          lists={['credentials']}
          onClose={() => setRemoving(null)}
        >
          {removing.deviceCount === 0
            ? 'No device uses it. The secret is deleted and cannot be brought back.'
            : `${plural(removing.deviceCount, 'device')} still use it; give them another one first.`}
        </Remove>
      ) : null}
    </>
  );
}

function credentialColumns(onRemove: ((row: Credential) => void) | null): readonly Column<Credential>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      sort: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      id: 'kind',
      header: 'Kind',
      width: '200px',
      sort: ({ kind }) => KIND_TITLES[kind],
      cell: ({ kind }) => KIND_TITLES[kind],
    },
    {
      id: 'devices',
      header: 'Devices',
      width: '110px',
      numeric: true,
      sort: ({ deviceCount }) => deviceCount,
      cell: ({ deviceCount }) => deviceCount,
    },
    {
      id: 'rotation',
      header: 'Rotation',
      width: '150px',
      from: 'md',
      sort: ({ rotation }) => rotation && rotation.answered / Math.max(1, rotation.devices),
      cell: ({ rotation }) => (rotation ? `${rotation.answered} of ${rotation.devices} answered` : null),
    },
    {
      id: 'changed',
      header: 'Changed',
      width: '140px',
      numeric: true,
      from: 'md',
      sort: ({ updatedAt }) => updatedAt,
      cell: ({ updatedAt }) => <Age at={updatedAt} className="text-muted" />,
    },
    {
      id: 'remove',
      header: 'Remove',
      quietHeader: true,
      width: '56px',
      cell: (row) =>
        onRemove ? (
          <Button
            look="ghost"
            square
            className="h-7"
            aria-label={`Remove ${row.name}`}
            onClick={(event) => {
              event.stopPropagation();
              onRemove(row);
            }}
          >
            <Trash2 className="size-3.5 text-muted" aria-hidden />
          </Button>
        ) : null,
    },
  ];
}

function AddCredential({ onClose }: { onClose(): void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [nameProblem, setNameProblem] = useState<string>();
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [problems, setProblems] = useState<Problems>({});
  const add = useMutation({
    mutationFn: browserApi.credentials.create,
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['credentials'] });
      onClose();
    },
  });

  function submit(event: React.FormEvent): void {
    event.preventDefault();
    const read = readDraft(draft);
    setNameProblem(name.trim() === '' ? 'This is needed.' : undefined);
    setProblems('problems' in read ? read.problems : {});
    if (name.trim() !== '' && 'secret' in read) add.mutate({ name: name.trim(), ...read.secret });
  }

  return (
    <Dialog open onOpenChange={onClose} title="Add credential" description="Stored encrypted and never shown again.">
      <form onSubmit={submit} noValidate className="flex flex-col gap-3">
        <Field label="Name" error={nameProblem}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={({ target }) => setName(target.value)}
              autoFocus
              maxLength={100}
              autoComplete="off"
              placeholder="Campus switches, read only"
            />
          )}
        </Field>
        <Field label="Kind">
          {(control) => (
            <Select
              {...control}
              value={draft.kind}
              onChange={({ target }) => {
                const kind = CREDENTIAL_KINDS.find((each) => each === target.value);
                if (kind) setDraft({ ...draft, kind });
              }}
            >
              {CREDENTIAL_KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {KIND_TITLES[kind]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <SecretFields draft={draft} problems={problems} onChange={setDraft} />
        <FormEnd verb="Add credential" busy={add.isPending} error={add.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
