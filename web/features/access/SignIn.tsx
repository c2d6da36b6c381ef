'use client';
import { useState, type FormEvent } from 'react';
import { browserApi } from '#lib/api.ts';
import { Button } from '#ui/button.tsx';
import { Field, Input } from '#ui/field.tsx';
import { Problem } from '#ui/state.tsx';

/** Name and password; afterwards the page that was asked for. */
export function SignIn({ next }: { next: string }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await browserApi.auth.login({
        username: String(form.get('username') ?? ''),
        password: String(form.get('password') ?? ''),
      });
      window.location.assign(next);
    } catch (refusal) {
      setError(refusal);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" method="post">
      <Field label="User name">
        {(control) => (
          <Input
            {...control}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            required
            autoFocus
            maxLength={64}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={256}
          />
        )}
      </Field>
      <Problem error={error} />
      <Button type="submit" look="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}
