import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import type { AcceptedCredentials } from '#collectors/listener.ts';
import { localizeKey, localizePrivKey } from '#protocols/snmp/usm/keys.ts';
import type { KeyRing } from '#protocols/snmp/usm/keys.ts';
import { MsgFlags, NO_KEYS } from '#protocols/snmp/usm/message.ts';
import type { UsmKeys } from '#protocols/snmp/usm/message.ts';

/** One of the users of whom notifications are taken; two credentials may have one name and different passwords. */
export interface User {
  readonly name: string;
  /** Bits of msgFlags that its messages have. */
  readonly level: number;
  authKey(engineId: Uint8Array): UsmKeys['auth'];
  /** Costs more than the other: for engines that have proved themselves. */
  keys(engineId: Uint8Array): UsmKeys;
}

function createUser(secret: SnmpV3Secret, ring: KeyRing): User {
  const {
    username: name,
    securityLevel,
    authProtocol,
    authKey: authPassword,
    privProtocol,
    privKey: privPassword,
  } = secret;
  const auth = securityLevel !== 'noAuthNoPriv' && authProtocol && authPassword ? { authProtocol, authPassword } : null;
  const priv =
    auth && securityLevel === 'authPriv' && privProtocol && privPassword ? { privProtocol, privPassword } : null;
  const user: User = {
    name,
    level: (auth ? MsgFlags.auth : 0) | (priv ? MsgFlags.priv : 0),
    authKey(engineId) {
      if (!auth) return null;
      const { authProtocol: protocol, authPassword: password } = auth;
      return { protocol, key: localizeKey(protocol, ring.get(protocol, password), engineId) };
    },
    keys(engineId) {
      const authKey = user.authKey(engineId);
      if (!auth || !authKey) return NO_KEYS;
      if (!priv) return { auth: authKey, priv: null };
      const { privProtocol: protocol, privPassword: password } = priv;
      const key = localizePrivKey(auth.authProtocol, protocol, ring.get(auth.authProtocol, password), engineId);
      return { auth: authKey, priv: { protocol, key } };
    },
  };
  return user;
}

/** Users by name; the same object as long as the credentials are the same. */
export type Users = ReadonlyMap<string, readonly User[]>;

/** Tried for one name at most: what one message may cost. */
const SAME_NAME_MAX = 8;

/** Follows the credentials. */
export function createUsers(credentials: AcceptedCredentials, ring: KeyRing): () => Users {
  let of: readonly SnmpV3Secret[] | undefined;
  let users: Users = new Map();
  return () => {
    if (credentials.users === of) return users;
    of = credentials.users;
    const byName = new Map<string, User[]>();
    const seen = new Set<string>();
    for (const secret of of) {
      // A context is for asking; to be heard it makes no difference.
      const key = JSON.stringify({ ...secret, context: undefined });
      const same = byName.get(secret.username) ?? [];
      if (seen.has(key) || same.length >= SAME_NAME_MAX) continue;
      seen.add(key);
      byName.set(secret.username, [...same, createUser(secret, ring)]);
    }
    users = byName;
    return users;
  };
}
