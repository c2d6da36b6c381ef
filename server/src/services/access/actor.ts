import type { RoleName, Scope } from '@sotp/contract/access.ts';
import type { AuditVia } from '#stores/audit/audit.ts';

/** Whoever asks for something: a signed-in person, a token, the command line, or SOTP itself. */
export interface Actor {
  /** Tells actors apart in limits and live streams: `user/3`, `token/7`, `cli`. */
  readonly key: string;
  /** As the audit trail names it. */
  readonly name: string;
  readonly via: AuditVia;
  readonly userId: number | null;
  readonly tokenId: number | null;
  readonly role: RoleName;
  /** Null: every site. */
  readonly scope: Scope | null;
  /** The address it asks from. */
  readonly from: string | null;
}

/** The command line on this machine, which has the database's rights anyway. */
export function cliActor(operatingSystemUser: string): Actor {
  return {
    key: 'cli',
    name: `${operatingSystemUser} (command line)`,
    via: 'cli',
    userId: null,
    tokenId: null,
    role: 'admin',
    scope: null,
    from: null,
  };
}

/** SOTP itself, for what happens without anyone asking. */
export const systemActor: Actor = {
  key: 'system',
  name: 'system',
  via: 'system',
  userId: null,
  tokenId: null,
  role: 'admin',
  scope: null,
  from: null,
};
