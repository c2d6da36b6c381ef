import type { RoleName, Scope } from '@sotp/contract/access.ts';

/** A person's account. Times are epoch ms. */
export interface StoredUser {
  readonly id: number;
  readonly username: string;
  /** Argon2id in PHC form; null when no password was ever set. */
  readonly passwordHash: string | null;
  readonly role: RoleName;
  readonly scope: Scope | null;
  readonly disabled: boolean;
  /** Sessions of an older epoch are void. */
  readonly epoch: number;
  readonly createdAt: number;
  readonly lastLoginAt: number | null;
}

export interface NewUser {
  readonly username: string;
  readonly passwordHash: string | null;
  readonly role: RoleName;
  readonly scope: Scope | null;
}

export interface UserChange {
  readonly passwordHash?: string;
  readonly role?: RoleName;
  readonly scope?: Scope | null;
  readonly disabled?: boolean;
  readonly lastLoginAt?: number;
  /** Voids every session that the user has. */
  readonly endSessions?: boolean;
}

export interface UserStore {
  /** Throws `conflict` when the name is taken, whatever its case. */
  create(user: NewUser): Promise<StoredUser>;
  get(id: number): Promise<StoredUser | undefined>;
  byUsername(username: string): Promise<StoredUser | undefined>;
  /** Ids greater than `after`, ascending. */
  list(after: number, limit: number): Promise<StoredUser[]>;
  /**
   * Undefined when there is no such user. With `keepAdmin` it throws `conflict` when nobody who can sign in as
   * administrator would be left.
   */
  update(id: number, change: UserChange, keepAdmin?: boolean): Promise<StoredUser | undefined>;
  /** Throws `conflict` when the last administrator who can sign in would go. */
  remove(id: number): Promise<boolean>;
  /** Administrators who can sign in: enabled and with a password. */
  countAdmins(): Promise<number>;
}

/** An API token as stored: never the token itself. */
export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly role: RoleName;
  readonly ownerId: number | null;
  /** Whoever made it, as he is now. */
  readonly owner: Pick<StoredUser, 'username' | 'role' | 'scope' | 'disabled'> | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface NewToken {
  readonly name: string;
  readonly role: RoleName;
  readonly hash: Buffer;
  readonly ownerId: number | null;
  readonly expiresAt: number | null;
}

export interface TokenStore {
  create(token: NewToken): Promise<StoredToken>;
  get(id: number): Promise<StoredToken | undefined>;
  byHash(hash: Buffer): Promise<StoredToken | undefined>;
  /** Ids greater than `after`, ascending; of one owner when given. */
  list(after: number, limit: number, ownerId?: number): Promise<StoredToken[]>;
  remove(id: number): Promise<boolean>;
  used(id: number, at: number): Promise<void>;
}

/** The one-time link of the first start: at most one at a time. */
export interface SetupLinkStore {
  replace(hash: Buffer, expiresAt: number): Promise<void>;
  /** True exactly once for the right hash before it expires; the link is gone afterwards. */
  take(hash: Buffer, now: number): Promise<boolean>;
  clear(): Promise<void>;
}
