/** A partition that this member may work until the lease ends; `term` counts the holders the partition has had. */
export interface HeldLease {
  readonly partition: number;
  readonly term: number;
}

/** What one heartbeat said. */
export interface Beat {
  /** The database's clock, epoch ms: the one clock that all processes share. */
  readonly now: number;
  /** How many partitions this member should hold; what it holds above that it stops working and releases. */
  readonly share: number;
  readonly members: number;
  readonly held: readonly HeldLease[];
}

export interface Member {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** Who works which partition. A lease ends by itself when its holder is silent for `ttlMs`. */
export interface LeaseStore {
  /** Tells that the member lives, renews what it holds, and takes free partitions up to its share. */
  beat(member: Member, partitions: number, ttlMs: number): Promise<Beat>;
  /** Gives partitions back; only after their work has stopped. */
  release(memberId: string, partitions: readonly number[]): Promise<void>;
  /** Forgets a member and frees all that it held: it leaves, or is known to be dead. */
  leave(memberId: string): Promise<void>;
  members(): Promise<Member[]>;
  /** Every partition with its present term, whoever holds it. */
  terms(): Promise<HeldLease[]>;
}

/** One process leads for as long as its connection to the database lives. */
export interface Leadership {
  /** Resolves when the lead is lost. */
  readonly lost: Promise<void>;
  /** Until when polls are planned, epoch ms; null when never. */
  plannedUntil(): Promise<number | null>;
  /** Writes until when polls are planned; answers the database's clock. Throws when the lead is lost. */
  advance(plannedUntil: number): Promise<number>;
  release(): Promise<void>;
}

export interface LeaderLock {
  /** Takes the lead when nobody has it; undefined when somebody does. */
  tryLead(): Promise<Leadership | undefined>;
  /** Gives up waiting; closes what `tryLead` opened. */
  close(): Promise<void>;
}
