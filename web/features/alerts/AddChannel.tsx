'use client';
import type { FormEvent } from 'react';
import { useMutation } from '@tanstack/react-query';
import { browserApi } from '#lib/api.ts';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input } from '#ui/field.tsx';

/** Adds a webhook. */
export function AddChannel({ onClose, onAdded }: { onClose(): void; onAdded(): void }) {
  const add = useMutation({
    mutationFn: browserApi.channels.create,
    onSuccess() {
      onAdded();
      onClose();
    },
  });
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    add.mutate({ name: text('name'), kind: 'webhook', settings: { url: text('url') } });
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Add channel"
      description="Every alert that fires or is over is posted to it as JSON."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Name">
          {(control) => (
            <Input
              {...control}
              name="name"
              required
              autoFocus
              maxLength={100}
              autoComplete="off"
              placeholder="On call"
            />
          )}
        </Field>
        <Field
          label="Address"
          hint="It is kept as a secret and not shown again. Private addresses must be allowed in the configuration: alerting.allowedTargets."
        >
          {(control) => (
            <Input
              {...control}
              name="url"
              type="url"
              mono
              required
              maxLength={2000}
              autoComplete="off"
              placeholder="https://hooks.example.net/…"
            />
          )}
        </Field>
        <FormEnd verb="Add channel" busy={add.isPending} error={add.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
