'use client';
import type { FormEvent } from 'react';
import { useMutation } from '@tanstack/react-query';
import { toast } from 'sonner';
import { useMe } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input } from '#ui/field.tsx';

/** One's own password; all other sessions end with the old one. */
export function ChangePassword({ onClose }: { onClose(): void }) {
  const { user } = useMe();
  const change = useMutation({
    mutationFn: browserApi.auth.password,
    onSuccess() {
      toast('Password changed. Your other sessions have ended.');
      onClose();
    },
  });
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    change.mutate({ current: String(form.get('current') ?? ''), password: String(form.get('password') ?? '') });
  }
  return (
    <Dialog open onOpenChange={onClose} title="Change password" description="Ends all your other sessions.">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <input type="text" name="username" value={user.username} autoComplete="username" readOnly hidden />
        <Field label="Password now">
          {(control) => (
            <Input
              {...control}
              name="current"
              type="password"
              autoComplete="current-password"
              required
              autoFocus
              maxLength={256}
            />
          )}
        </Field>
        <Field label="New password" hint="At least 8 characters; a few words make a good one.">
          {(control) => (
            <Input
              {...control}
              name="password"
              type="password"
              autoComplete="new-password"
              required
              minLength={8}
              maxLength={256}
            />
          )}
        </Field>
        <FormEnd verb="Change password" busy={change.isPending} error={change.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
