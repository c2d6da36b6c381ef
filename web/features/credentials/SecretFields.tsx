'use client';
import { Field, Input, Select, TextArea } from '#ui/field.tsx';
import type { Problems, SecretDraft } from './draft.ts';

const AUTH = ['SHA256', 'SHA512', 'SHA384', 'SHA224', 'SHA', 'MD5'];
const PRIV = ['AES', 'AES256', 'AES192', 'AES256C', 'AES192C', 'DES'];
const LEVELS = [
  ['authPriv', 'Signed and encrypted (authPriv)'],
  ['authNoPriv', 'Signed (authNoPriv)'],
  ['noAuthNoPriv', 'Neither (noAuthNoPriv)'],
] as const;

export interface SecretFieldsProps {
  draft: SecretDraft;
  problems: Problems;
  onChange(draft: SecretDraft): void;
}

/** The fields that belong to the chosen kind, and no others. */
export function SecretFields({ draft, problems, onChange }: SecretFieldsProps) {
  const set = (change: Partial<SecretDraft>) => onChange({ ...draft, ...change });

  function text(
    name: keyof SecretDraft,
    label: string,
    more: { secret?: boolean; optional?: boolean; hint?: string } = {},
  ) {
    return (
      <Field label={label} error={problems[name]} hint={more.hint} optional={more.optional}>
        {(control) => (
          <Input
            {...control}
            mono
            type={more.secret ? 'password' : 'text'}
            autoComplete={more.secret ? 'new-password' : 'off'}
            autoCapitalize="none"
            spellCheck={false}
            maxLength={255}
            value={draft[name]}
            onChange={(event) => set({ [name]: event.target.value })}
          />
        )}
      </Field>
    );
  }

  function list(name: 'authProtocol' | 'privProtocol', label: string, options: readonly string[]) {
    return (
      <Field label={label}>
        {(control) => (
          <Select {...control} value={draft[name]} onChange={(event) => set({ [name]: event.target.value })}>
            {options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </Select>
        )}
      </Field>
    );
  }

  if (draft.kind === 'snmp-v1' || draft.kind === 'snmp-v2c') return text('community', 'Community', { secret: true });
  if (draft.kind === 'ssh-password') {
    return (
      <>
        {text('username', 'User name')}
        {text('password', 'Password', { secret: true })}
      </>
    );
  }
  if (draft.kind === 'ssh-key') {
    return (
      <>
        {text('username', 'User name')}
        <Field label="Private key" error={problems.privateKey}>
          {(control) => (
            <TextArea
              {...control}
              rows={4}
              spellCheck={false}
              value={draft.privateKey}
              onChange={(event) => set({ privateKey: event.target.value })}
            />
          )}
        </Field>
        {text('passphrase', 'Passphrase', { secret: true, optional: true })}
      </>
    );
  }
  const { securityLevel } = draft;
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        {text('username', 'User name')}
        <Field label="Security level">
          {(control) => (
            <Select
              {...control}
              value={securityLevel}
              onChange={(event) => {
                const level = LEVELS.find(([value]) => value === event.target.value);
                if (level) set({ securityLevel: level[0] });
              }}
            >
              {LEVELS.map(([value, title]) => (
                <option key={value} value={value}>
                  {title}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {securityLevel === 'noAuthNoPriv' ? null : (
        <div className="grid gap-3 sm:grid-cols-2">
          {list('authProtocol', 'Authentication', AUTH)}
          {text('authKey', 'Authentication key', { secret: true })}
        </div>
      )}
      {securityLevel === 'authPriv' ? (
        <div className="grid gap-3 sm:grid-cols-2">
          {list('privProtocol', 'Encryption', PRIV)}
          {text('privKey', 'Encryption key', { secret: true })}
        </div>
      ) : null}
      {text('context', 'Context', { optional: true })}
    </>
  );
}
