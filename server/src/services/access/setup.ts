import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { SetupLinkStore, StoredUser, UserStore } from '#stores/users/users.ts';
import { systemActor } from './actor.ts';
import type { Audit } from './audit.ts';
import type { Passwords } from './passwords.ts';
import { randomToken, tokenHash } from './random.ts';
import type { Sessions } from './sessions.ts';
import { userActor } from './sign-in.ts';
import type { SignedIn } from './sign-in.ts';
import { toUser } from './users.ts';

const ADMIN = 'admin';
const LINK_MS = 24 * 3_600_000;

/** The first administrator. */
export interface Setup {
  /**
   * Called when a hub starts. With nobody who can sign in as administrator: sets the given password for `admin`, or
   * answers the token of a new one-time link, good for a day.
   */
  ensureAdmin(password?: string): Promise<{ setupToken?: string }>;
  required(): Promise<boolean>;
  /** Sets the password of `admin` and signs in. Throws `setup_link_invalid`. */
  complete(token: string, password: string, from: string): Promise<SignedIn>;
}

export interface SetupDeps {
  users: UserStore;
  links: SetupLinkStore;
  sessions: Sessions;
  passwords: Passwords;
  audit: Audit;
  clock: Clock;
}

export function createSetup({ users, links, sessions, passwords, audit, clock }: SetupDeps): Setup {
  async function makeAdmin(password: string): Promise<StoredUser> {
    const passwordHash = await passwords.hash(password);
    const existing = await users.byUsername(ADMIN);
    if (!existing) return users.create({ username: ADMIN, passwordHash, role: 'admin', scope: null });
    const change = { passwordHash, role: 'admin', scope: null, disabled: false, endSessions: true } as const;
    return (await users.update(existing.id, change)) ?? existing;
  }

  return {
    async ensureAdmin(password) {
      if ((await users.countAdmins()) > 0) {
        await links.clear();
        return {};
      }
      if (password !== undefined) {
        try {
          const admin = await makeAdmin(password);
          await audit.record(systemActor, 'setup.password', `user/${admin.id}`, { username: ADMIN });
        } catch (error) {
          // Another hub that starts at the same moment may have made the account first.
          if ((await users.countAdmins()) === 0) throw error;
        }
        await links.clear();
        return {};
      }
      const setupToken = randomToken();
      await links.replace(tokenHash(setupToken), clock.now() + LINK_MS);
      return { setupToken };
    },
    required: async () => (await users.countAdmins()) === 0,
    async complete(token, password, from) {
      const good = (await links.take(tokenHash(token), clock.now())) && (await users.countAdmins()) === 0;
      if (!good) {
        throw new AppError(
          'setup_link_invalid',
          'This set-up link has been used, has expired, or is not the newest: restart SOTP to get a new one.',
        );
      }
      const admin = await makeAdmin(password);
      const actor = userActor(admin, from);
      await audit.record(actor, 'setup.password', `user/${admin.id}`, { username: ADMIN });
      return { session: await sessions.open(admin), user: toUser(admin) };
    },
  };
}
