import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';

/** The options that say how to ask a device without a database. */
export interface SnmpCredentialOptions {
  readonly community?: string[];
  readonly v3User?: string;
  readonly v3AuthProtocol?: string;
  readonly v3AuthKey?: string;
  readonly v3PrivProtocol?: string;
  readonly v3PrivKey?: string;
  readonly v3Context?: string;
}

/** Adds these options to a command. */
export function withCredentials(command: Command): Command {
  return command
    .option('--community <name...>', 'communities to try, by SNMPv2c, then v1 (default: public)')
    .option('--v3-user <name>', 'SNMPv3 user')
    .option('--v3-auth-protocol <name>', 'MD5, SHA, SHA224, SHA256, SHA384 or SHA512')
    .option('--v3-auth-key <key>', 'authentication passphrase')
    .option('--v3-priv-protocol <name>', 'DES, AES, AES192 or AES256')
    .option('--v3-priv-key <key>', 'privacy passphrase')
    .option('--v3-context <name>', 'SNMPv3 context');
}

/** What the options stand for, in the order in which it is tried. */
export function secretsOf(options: SnmpCredentialOptions): CredentialSecret[] {
  const secrets: CredentialSecret[] = [];
  if (options.v3User !== undefined) secrets.push(v3Secret(options.v3User, options));
  const communities = options.community ?? (options.v3User === undefined ? ['public'] : []);
  for (const kind of ['snmp-v2c', 'snmp-v1'] as const) {
    for (const community of communities) secrets.push({ kind, secret: { community } });
  }
  return secrets;
}

type V3 = Extract<CredentialSecret, { kind: 'snmp-v3' }>['secret'];

function v3Secret(username: string, options: SnmpCredentialOptions): CredentialSecret {
  const { v3AuthKey: authKey, v3PrivKey: privKey, v3Context: context } = options;
  const securityLevel = authKey === undefined ? 'noAuthNoPriv' : privKey === undefined ? 'authNoPriv' : 'authPriv';
  const secret = {
    username,
    securityLevel,
    ...(authKey === undefined ? {} : { authKey, authProtocol: options.v3AuthProtocol ?? 'SHA' }),
    ...(privKey === undefined ? {} : { privKey, privProtocol: options.v3PrivProtocol ?? 'AES' }),
    ...(context === undefined ? {} : { context }),
  };
  return { kind: 'snmp-v3', secret: secret as V3 };
}

/** Parses an option that is a whole number between two bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}
