/** Where a change came from. */
export type AuditVia = 'session' | 'token' | 'cli' | 'system';

/** Who did what, when, from where. `details` never holds a secret. */
export interface NewAuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly via: AuditVia;
  readonly from: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface StoredAuditEntry extends NewAuditEntry {
  readonly id: number;
}

export interface AuditFilter {
  /** Ids below this, newest first. */
  readonly before?: number;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly limit: number;
}

export interface AuditStore {
  append(entry: NewAuditEntry): Promise<void>;
  /** All of them, in order, or none. */
  appendAll(entries: readonly NewAuditEntry[]): Promise<void>;
  list(filter: AuditFilter): Promise<StoredAuditEntry[]>;
}
