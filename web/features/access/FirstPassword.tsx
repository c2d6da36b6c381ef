'use client';
import { useState, type FormEvent } from 'react';
import { browserApi } from '#lib/api.ts';
import { Button } from '#ui/button.tsx';
import { Field, Input } from '#ui/field.tsx';
import { Problem } from '#ui/state.tsx';

/** The password of `admin`, given once by who holds the one-time link. */
export function FirstPassword({ token }: { token: string }) {
  const [error, setError] = useState<unknown>(null);
  const [mismatch, setMismatch] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get('password') ?? '');
    if (password !== String(form.get('repeat') ?? '')) return setMismatch('The two are not the same.');
    setMismatch(undefined);
    setBusy(true);
    setError(null);
    try {
      await browserApi.setup.finish({ token, password });
      window.location.assign('/');
    } catch (refusal) {
      setError(refusal);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" method="post">
      <input type="text" name="username" value="admin" autoComplete="username" readOnly hidden />
      <Field label="Password for admin" hint="At least 8 characters; a few words make a good one.">
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={8}
            maxLength={256}
            required
            autoFocus
          />
        )}
      </Field>
      <Field label="The same again" error={mismatch}>
        {(control) => (
          <Input {...control} name="repeat" type="password" autoComplete="new-password" required maxLength={256} />
        )}
      </Field>
      <Problem error={error} />
      <Button type="submit" look="primary" busy={busy}>
        Set password and sign in
      </Button>
    </form>
  );
}
