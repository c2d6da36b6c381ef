import { MsgFlags } from '#protocols/snmp/usm/message.ts';
import { keep } from './keep.ts';
import type { UsmUser } from './usmEngine.ts';

/** A user, and what is made of it once for all devices that are asked with it. */
export interface Asker {
  readonly user: UsmUser;
  readonly userName: Buffer;
  readonly contextName: Buffer;
  readonly level: number;
  readonly silence: string;
}

const MAX_ASKERS = 1024;
const askers = new Map<string, Asker>();

/** The asker of a user: the same for all devices that share its names and passwords. */
export function askerOf(user: UsmUser): Asker {
  const key = JSON.stringify([user.name, user.context, user.auth, user.priv]);
  const known = askers.get(key);
  if (known) return known;
  if (askers.size >= MAX_ASKERS) askers.clear();
  const asker: Asker = {
    user,
    userName: keep(Buffer.from(user.name, 'utf8')),
    contextName: keep(Buffer.from(user.context, 'utf8')),
    level: (user.auth ? MsgFlags.auth : 0) | (user.auth && user.priv ? MsgFlags.priv : 0),
    silence: `User "${user.name}" may be wrong for an agent that does not say so`,
  };
  askers.set(key, asker);
  return asker;
}
