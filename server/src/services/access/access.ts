import type { User } from '@sotp/contract/access.ts';
import type { Bus } from '#bus/bus.ts';
import type { Cache } from '#cache/cache.ts';
import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import type { Recent } from '#platform/recent.ts';
import type { AuditStore } from '#stores/audit/audit.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type { SetupLinkStore, TokenStore, UserStore } from '#stores/users/users.ts';
import { systemActor } from './actor.ts';
import type { Actor } from './actor.ts';
import { createAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { createSignInLimits } from './limits.ts';
import { createPasswords } from './passwords.ts';
import { createSessions } from './sessions.ts';
import { createSetup } from './setup.ts';
import type { Setup } from './setup.ts';
import { createSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { createTokens } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { createUsers } from './users.ts';
import type { Users } from './users.ts';

/** For so long somebody who was let in is not looked up again: what is done elsewhere to his rights acts within it. */
const KNOWN_MS = 500;
const KNOWN_MAX = 10_000;

/** Who asks: nobody, a token, or a signed-in person. */
export interface Known {
  readonly actor: Actor | null;
  readonly user: User | null;
}

/** Everything about who may use SOTP, put together. */
export interface Access {
  readonly users: Users;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
  readonly setup: Setup;
  readonly audit: Audit;
  /** Who asked just now, by what he showed. */
  readonly known: Recent<Known>;
  /** `setup.ensureAdmin`, for the hub's start. */
  ensureAdmin(password?: string): Promise<{ setupToken?: string }>;
}

export interface AccessDeps {
  stores: { users: UserStore; tokens: TokenStore; links: SetupLinkStore; audit: AuditStore; secrets: SecretStore };
  cache: Cache;
  bus: Bus;
  clock: Clock;
}

export function createAccess({ stores, cache, bus, clock }: AccessDeps): Access {
  const { secrets } = stores;
  const passwords = createPasswords();
  const audit = createAudit({ store: stores.audit, clock });
  const sessions = createSessions({ cache, users: stores.users, clock });
  const limits = createSignInLimits(cache, (limited) => audit.record(systemActor, 'sign-in.limited', null, limited));
  const setup = createSetup({ users: stores.users, links: stores.links, sessions, passwords, audit, clock });
  return {
    users: createUsers({ users: stores.users, sessions, passwords, audit, bus }),
    tokens: createTokens({ tokens: stores.tokens, audit, bus, clock }),
    signIn: createSignIn({ users: stores.users, sessions, passwords, limits, secrets, audit, bus, clock }),
    setup,
    audit,
    known: createRecent<Known>(clock, { ms: KNOWN_MS, max: KNOWN_MAX }),
    ensureAdmin: setup.ensureAdmin,
  };
}
