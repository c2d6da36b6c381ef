'use client';
import { useState, type FormEvent } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CredentialSet } from '@sotp/contract/credential-sets.ts';
import type { Credential } from '@sotp/contract/credentials.ts';
import { tagsOf } from '#features/devices/addDevice.ts';
import { browserApi } from '#lib/api.ts';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Checkbox, Field, Input } from '#ui/field.tsx';
import { KIND_TITLES } from './draft.ts';

interface SetDialogProps {
  /** Null: a new one. */
  set: CredentialSet | null;
  credentials: readonly Credential[];
  onClose(): void;
}

/** A set: for whom it is, and what is tried in which order. */
export function SetDialog({ set, credentials, onClose }: SetDialogProps) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<readonly string[]>(set?.credentials ?? []);
  const [problems, setProblems] = useState<{ name?: string; credentials?: string }>({});
  const save = useMutation({
    mutationFn: (body: { name: string; sites: string[]; subnets: string[]; credentials: string[] }) =>
      set ? browserApi.credentialSets.update(set.id, body) : browserApi.credentialSets.create(body),
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['credentials'] });
      onClose();
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const found = {
      ...(text('name') === '' ? { name: 'This is needed.' } : {}),
      ...(chosen.length === 0 ? { credentials: 'Choose at least one.' } : {}),
    };
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    save.mutate({
      name: text('name'),
      sites: tagsOf(text('sites')),
      subnets: tagsOf(text('subnets')),
      credentials: [...chosen],
    });
  }

  const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <Dialog open onOpenChange={onClose} title={set ? `Edit ${set.name}` : 'Add credential set'} wide>
      <form onSubmit={submit} noValidate className="flex flex-col gap-3">
        <Field label="Name" error={problems.name}>
          {(control) => (
            <Input
              {...control}
              name="name"
              defaultValue={set?.name ?? ''}
              maxLength={100}
              autoFocus
              autoComplete="off"
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Sites" optional hint="Apart by commas; empty means every site.">
            {(control) => <Input {...control} name="sites" defaultValue={set?.sites.join(', ') ?? ''} />}
          </Field>
          <Field label="Subnets" optional hint="10.1.0.0/16, 2001:db8::/32; empty means every address.">
            {(control) => <Input {...control} name="subnets" mono defaultValue={set?.subnets.join(', ') ?? ''} />}
          </Field>
        </div>
        <fieldset>
          <legend className="mb-1 text-[13px] font-medium">
            Credentials, tried in the order in which you choose them
          </legend>
          <ul className="flex max-h-60 flex-col overflow-y-auto rounded-md border border-line">
            {credentials.map((credential) => (
              <li key={credential.id}>
                <label className="flex h-8 max-sm:h-10 items-center gap-2 px-2.5 text-[13px] hover:bg-hover">
                  <Checkbox checked={chosen.includes(credential.id)} onChange={() => toggle(credential.id)} />
                  <span className="min-w-0 truncate">{credential.name}</span>
                  <span className="ml-auto shrink-0 text-muted">{KIND_TITLES[credential.kind]}</span>
                  <span className="figures w-5 shrink-0 text-right font-medium">
                    {chosen.includes(credential.id) ? chosen.indexOf(credential.id) + 1 : ''}
                  </span>
                </label>
              </li>
            ))}
          </ul>
          {problems.credentials ? <p className="mt-1 text-[12px] text-down">{problems.credentials}</p> : null}
        </fieldset>
        <FormEnd verb={set ? 'Save' : 'Add set'} busy={save.isPending} error={save.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
