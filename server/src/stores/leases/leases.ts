/** A partition that this member may work until the lease ends; `term` counts the holders the partition has had. */
export interface HeldLease {
  readonly partition: number;
  readonly term: number;
}

/** A partition as its holder has it. */
export interface Tenure extends HeldLease {
  /** Slots before this instant (epoch ms) were the former holder's: he may have polled them. */
  readonly from: number;
}

/** What one heartbeat said. */
export interface Beat {
  /** The database's clock, epoch ms: the one clock that all processes share. */
  readonly now: number;
  /** How many partitions this member should hold. */
  readonly share: number;
  readonly members: number;
  readonly held: readonly Tenure[];
  /** Those of `held` above the share: their work is to be stopped, and they are to be released. */
  readonly excess: readonly number[];
  /** How many partitions the hubs plan for; null when no hub has said. */
  readonly partitions: number | null;
}

export interface Member {
  readonly id: string;
  /** The machine as far as process numbers mean something in it; see `buryNeighbours`. */
  readonly host: string;
  readonly pid: number;
  /** For people: `machine/1`. */
  readonly name: string;
  /** It polls only devices of these sites, and nobody else does; null: devices of all other sites. */
  readonly sites: readonly string[] | null;
}

/** A member with what it holds now. */
export interface WorkingMember extends Member {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly partitions: readonly number[];
}

/** A site that only collectors pinned to it poll. */
export interface Zone {
  readonly zone: number;
  readonly site: string;
  readonly devices: number;
  readonly collectors: number;
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
  /** The partitions that somebody holds now. */
  heldNow(): Promise<number[]>;
  /** Members with what they hold, by name. */
  fleet(): Promise<WorkingMember[]>;
  zones(): Promise<Zone[]>;
  /** The zone of a site, 0 when any collector may poll it; and whether a collector is there that does. */
  zoneOf(site: string | null): Promise<{ readonly zone: number; readonly served: boolean }>;
  /** The zone of every device that is in one. */
  zonedDevices(): Promise<Map<number, number>>;
  /** Gives the devices of a site back to all collectors. False when it is no zone; throws `conflict` while collectors are pinned to it. */
  dissolveZone(site: string): Promise<boolean>;
  /** The hub says for how many partitions it plans. */
  agree(partitions: number): Promise<void>;
  /** What the hubs plan for; undefined when none has said. */
  agreed(): Promise<number | undefined>;
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
