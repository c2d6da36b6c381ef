import { CredentialSecret, type CredentialKind } from '@sotp/contract/credentials.ts';

/** What has been typed so far, whichever kind is chosen. */
export interface SecretDraft {
  readonly kind: CredentialKind;
  readonly community: string;
  readonly username: string;
  readonly securityLevel: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';
  readonly authProtocol: string;
  readonly authKey: string;
  readonly privProtocol: string;
  readonly privKey: string;
  readonly context: string;
  readonly password: string;
  readonly privateKey: string;
  readonly passphrase: string;
}

export const EMPTY_DRAFT: SecretDraft = {
  kind: 'snmp-v2c',
  community: '',
  username: '',
  securityLevel: 'authPriv',
  authProtocol: 'SHA256',
  authKey: '',
  privProtocol: 'AES',
  privKey: '',
  context: '',
  password: '',
  privateKey: '',
  passphrase: '',
};

export const KIND_TITLES: Record<CredentialKind, string> = {
  'snmp-v1': 'SNMP v1 community',
  'snmp-v2c': 'SNMP v2c community',
  'snmp-v3': 'SNMP v3 user',
  'ssh-password': 'SSH password',
  'ssh-key': 'SSH key',
};

export type Problems = Readonly<Partial<Record<keyof SecretDraft, string>>>;

function secretOf(draft: SecretDraft): unknown {
  const { username } = draft;
  if (draft.kind === 'snmp-v1' || draft.kind === 'snmp-v2c') return { community: draft.community };
  if (draft.kind === 'ssh-password') return { username, password: draft.password };
  if (draft.kind === 'ssh-key')
    return { username, privateKey: draft.privateKey, passphrase: draft.passphrase || undefined };
  const { securityLevel } = draft;
  const auth = securityLevel === 'noAuthNoPriv' ? {} : { authProtocol: draft.authProtocol, authKey: draft.authKey };
  const priv = securityLevel === 'authPriv' ? { privProtocol: draft.privProtocol, privKey: draft.privKey } : {};
  return { username, securityLevel, ...auth, ...priv, context: draft.context || undefined };
}

/** The secret that the API takes, or what is missing, by field. */
export function readDraft(draft: SecretDraft): { secret: CredentialSecret } | { problems: Problems } {
  const parsed = CredentialSecret.safeParse({ kind: draft.kind, secret: secretOf(draft) });
  if (parsed.success) return { secret: parsed.data };
  const problems: Record<string, string> = {};
  for (const { path, message, code } of parsed.error.issues) {
    const field = path.at(-1);
    if (typeof field === 'string' && field in draft)
      problems[field] ??= code === 'too_small' && !message.includes('RFC') ? 'This is needed.' : `${message}.`;
  }
  return { problems };
}
