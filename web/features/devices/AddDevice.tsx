'use client';
import { useState, type FormEvent } from 'react';
import { useRouter } from 'next/navigation';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import { EMPTY_DRAFT, KIND_TITLES, readDraft, type Problems, type SecretDraft } from '#features/credentials/draft.ts';
import { credentialList, credentialSets } from '#features/credentials/queries.ts';
import { SecretFields } from '#features/credentials/SecretFields.tsx';
import { browserApi } from '#lib/api.ts';
import { Button } from '#ui/button.tsx';
import { Dialog } from '#ui/dialog.tsx';
import { Field, Input, Select } from '#ui/field.tsx';
import { Problem } from '#ui/state.tsx';
import { addProblems, createBody, EMPTY_FORM, testBody, type AddForm, type AddProblems } from './addDevice.ts';
import { TestResult } from './TestResult.tsx';

const SNMP_KINDS = ['snmp-v2c', 'snmp-v3', 'snmp-v1'] as const;

const NONE_OF_ITS_OWN = new Set(['none', 'sets']);

interface AddDeviceProps {
  onClose(): void;
  address?: string;
  name?: string;
}

/** Adds a device: an address, how to ask it, and a try before it is kept. */
export function AddDevice({ onClose, address = '', name = '' }: AddDeviceProps) {
  const router = useRouter();
  const client = useQueryClient();
  const stored = useQuery(credentialList(browserApi));
  const sets = useQuery(credentialSets(browserApi));
  const snmp = stored.data?.items.filter(({ kind }) => kind.startsWith('snmp')) ?? [];
  const [touched, setTouched] = useState<AddForm>({ ...EMPTY_FORM, address, name, credential: '' });
  const [draft, setDraft] = useState<SecretDraft>(EMPTY_DRAFT);
  const [problems, setProblems] = useState<AddProblems>({});
  const [secretProblems, setSecretProblems] = useState<Problems>({});
  const [kept, setKept] = useState<string | null>(null);
  // Until somebody chooses: the first credential that is stored, else a new one.
  const form = { ...touched, credential: touched.credential || (snmp[0]?.id ?? 'new') };

  const test = useMutation({
    mutationFn: (secret: CredentialSecret | undefined) => browserApi.devices.test(testBody(form, secret)),
    // What the device calls itself is the best first name for it.
    onSuccess: ({ sysName }) => setTouched((now) => (now.name === '' && sysName ? { ...now, name: sysName } : now)),
  });
  const add = useMutation({
    mutationFn: async (secret: CredentialSecret | undefined) => {
      let credentialId =
        form.credential === 'new' ? kept : NONE_OF_ITS_OWN.has(form.credential) ? null : form.credential;
      if (form.credential === 'new' && secret && credentialId === null) {
        const name = form.credentialName.trim() || `${KIND_TITLES[secret.kind]}, ${form.address.trim()}`;
        credentialId = (await browserApi.credentials.create({ name, ...secret })).id;
        // Kept, so that a second try after a refused device does not store it twice.
        setKept(credentialId);
      }
      return browserApi.devices.create(createBody(form, credentialId));
    },
    onSuccess(device) {
      void client.invalidateQueries({ queryKey: ['devices'] });
      void client.invalidateQueries({ queryKey: ['credentials'] });
      router.push(`/devices/${device.id}`);
      onClose();
    },
  });

  function set(change: Partial<AddForm>): void {
    setTouched({ ...form, ...change });
    test.reset();
  }

  /** The typed secret, or undefined when none is needed; false when something must be mended first. */
  function checked(): CredentialSecret | undefined | false {
    const found = addProblems(form);
    setProblems(found);
    const read = form.credential === 'new' ? readDraft(draft) : undefined;
    setSecretProblems(read && 'problems' in read ? read.problems : {});
    if (Object.keys(found).length > 0 || (read && 'problems' in read)) return false;
    return read && 'secret' in read ? read.secret : undefined;
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const secret = checked();
    if (secret !== false) add.mutate(secret);
  }

  function tryIt(): void {
    const secret = checked();
    if (secret !== false) test.mutate(secret);
  }

  const field = (name: keyof AddForm) => ({
    value: form[name],
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });

  return (
    <Dialog open onOpenChange={onClose} title="Add device" wide>
      <form onSubmit={submit} noValidate className="flex flex-col gap-3">
        <div className="grid grid-cols-[minmax(0,1fr)_96px] gap-3">
          <Field label="Address" error={problems.address}>
            {(control) => (
              <Input
                {...control}
                {...field('address')}
                mono
                autoFocus
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                placeholder="192.0.2.10 or switch.example.net"
                maxLength={253}
              />
            )}
          </Field>
          <Field label="SNMP port" error={problems.port}>
            {(control) => (
              <Input
                {...control}
                {...field('port')}
                inputMode="numeric"
                maxLength={5}
                disabled={form.credential === 'none'}
                className="figures"
              />
            )}
          </Field>
        </div>
        <Field label="Asked by">
          {(control) => (
            <Select
              {...control}
              value={form.credential === 'new' ? `new:${draft.kind}` : form.credential}
              onChange={({ target: { value } }) => {
                const kind = SNMP_KINDS.find((each) => value === `new:${each}`);
                if (kind) setDraft({ ...draft, kind });
                setKept(null);
                set({ credential: kind ? 'new' : value });
              }}
            >
              {snmp.length > 0 ? (
                <optgroup label="Stored credentials">
                  {snmp.map((credential) => (
                    <option key={credential.id} value={credential.id}>
                      {credential.name} ({KIND_TITLES[credential.kind]})
                    </option>
                  ))}
                </optgroup>
              ) : null}
              <optgroup label="New credential">
                {SNMP_KINDS.map((kind) => (
                  <option key={kind} value={`new:${kind}`}>
                    {KIND_TITLES[kind]}
                  </option>
                ))}
              </optgroup>
              {sets.data && sets.data.items.length > 0 ? (
                <option value="sets">Those of the credential sets</option>
              ) : null}
              <option value="none">Ping only, no SNMP</option>
            </Select>
          )}
        </Field>
        {form.credential === 'new' ? (
          <div className="flex flex-col gap-3 rounded-md border border-line bg-surface p-3">
            <SecretFields
              draft={draft}
              problems={secretProblems}
              onChange={(next) => {
                setDraft(next);
                setKept(null);
                test.reset();
              }}
            />
            <Field label="Store it as" optional hint="Stored encrypted and never shown again.">
              {(control) => (
                <Input
                  {...control}
                  {...field('credentialName')}
                  placeholder={`${KIND_TITLES[draft.kind]}, ${form.address.trim() || 'address'}`}
                  maxLength={100}
                />
              )}
            </Field>
          </div>
        ) : null}
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Name" optional>
            {(control) => <Input {...control} {...field('name')} placeholder="the address" maxLength={253} />}
          </Field>
          <Field label="Site" optional>
            {(control) => <Input {...control} {...field('site')} maxLength={200} />}
          </Field>
          <Field label="Tags" optional>
            {(control) => <Input {...control} {...field('tags')} placeholder="core, building-2" />}
          </Field>
        </div>
        {test.data ? <TestResult result={test.data} /> : null}
        <Problem error={test.error ?? add.error} />
        <div className="mt-1 flex flex-wrap justify-end gap-2">
          <Button onClick={tryIt} busy={test.isPending}>
            Test
          </Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            Add device
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
