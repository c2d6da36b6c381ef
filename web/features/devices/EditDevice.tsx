'use client';
import { useState, type FormEvent } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Address, type Device, type DevicePatch } from '@sotp/contract/devices.ts';
import { KIND_TITLES } from '#features/credentials/draft.ts';
import { credentialList } from '#features/credentials/queries.ts';
import { browserApi } from '#lib/api.ts';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Checkbox, Field, Input } from '#ui/field.tsx';
import { tagsOf } from './addDevice.ts';

/** Changes what the operator once gave: address, name, place, credentials and how often. */
export function EditDevice({ device, onClose }: { device: Device; onClose(): void }) {
  const client = useQueryClient();
  const stored = useQuery(credentialList(browserApi));
  const [credentials, setCredentials] = useState<readonly string[]>(device.credentials);
  const [addressProblem, setAddressProblem] = useState<string>();
  const save = useMutation({
    mutationFn: (patch: DevicePatch) => browserApi.devices.update(device.id, patch),
    onSuccess(next) {
      client.setQueryData(['device', device.id], next);
      void client.invalidateQueries({ queryKey: ['devices'] });
      onClose();
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const address = text('address');
    if (!Address.safeParse(address).success) return setAddressProblem('A host name, an IPv4 or an IPv6 address.');
    save.mutate({
      address: address === device.address ? undefined : address,
      name: text('name') || undefined,
      site: text('site') || null,
      tags: tagsOf(text('tags')),
      credentials: [...credentials],
      collectors: device.collectors.map(({ name, settings, intervalSeconds }) => ({
        name,
        settings,
        intervalSeconds: Number(text(`interval-${name}`)) || intervalSeconds,
      })),
    });
  }

  return (
    <Dialog open onOpenChange={onClose} title={`Edit ${device.name}`} wide>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Name">
            {(control) => <Input {...control} name="name" defaultValue={device.name} maxLength={253} required />}
          </Field>
          <Field label="Address" error={addressProblem}>
            {(control) => (
              <Input {...control} name="address" mono defaultValue={device.address} maxLength={253} required />
            )}
          </Field>
          <Field label="Site" optional>
            {(control) => <Input {...control} name="site" defaultValue={device.site ?? ''} maxLength={200} />}
          </Field>
          <Field label="Tags" optional hint="Apart by commas.">
            {(control) => <Input {...control} name="tags" defaultValue={device.tags.join(', ')} />}
          </Field>
        </div>
        <fieldset>
          <legend className="mb-1 text-[13px] font-medium">Credentials, tried in this order</legend>
          <ul className="flex max-h-40 flex-col overflow-y-auto rounded-md border border-line">
            {(stored.data?.items ?? []).map((credential) => (
              <li key={credential.id}>
                <label className="flex h-8 max-sm:h-10 items-center gap-2 px-2.5 text-[13px] hover:bg-hover">
                  <Checkbox
                    checked={credentials.includes(credential.id)}
                    onChange={({ target }) =>
                      setCredentials(
                        target.checked
                          ? [...credentials, credential.id]
                          : credentials.filter((id) => id !== credential.id),
                      )
                    }
                  />
                  <span className="min-w-0 truncate">{credential.name}</span>
                  <span className="ml-auto shrink-0 text-muted">{KIND_TITLES[credential.kind]}</span>
                </label>
              </li>
            ))}
            {stored.data?.items.length === 0 ? (
              <li className="px-2.5 py-1.5 text-[13px] text-muted">None is stored yet.</li>
            ) : null}
          </ul>
        </fieldset>
        <div className="grid gap-3 sm:grid-cols-3">
          {device.collectors.map((collector) => (
            <Field key={collector.name} label={`${collector.name} every`} hint="seconds">
              {(control) => (
                <Input
                  {...control}
                  name={`interval-${collector.name}`}
                  type="number"
                  min={1}
                  max={86_400}
                  defaultValue={collector.intervalSeconds}
                  className="figures"
                />
              )}
            </Field>
          ))}
        </div>
        <FormEnd verb="Save" busy={save.isPending} error={save.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
